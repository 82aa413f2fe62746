//! `locals {}`: each is evaluated once, after the locals it refers to.

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::structure::{Attribute, Block as Node, Structure};
use hcl_edit::visit::{Visit, visit_traversal};

use super::report::Report;
use crate::diagnostic::Diagnostic;
use crate::eval::{Eval, Evaluator, Fault, Scope, Slot, Val, place};

/// Lists and maps of locals may nest this deep; keeps every later walk over a value shallow.
const DEEPEST: usize = 100;

pub(super) fn evaluate(evaluator: &mut Evaluator<'_>, blocks: &[&Node], report: &mut Report) {
    let declared = declare(blocks, report);
    evaluator.roots.locals = declared.keys().map(|name| ((*name).to_owned(), Slot::Pending)).collect();
    let (order, left) = order(&declared);
    if let Some(circle) = circle(&declared, &left) {
        report.add(circle);
    }
    for name in left {
        set(evaluator, name, Slot::Broken);
    }
    for name in order {
        let Some(attribute) = declared.get(name) else { continue };
        let value = report.take(value(evaluator, attribute));
        set(evaluator, name, value.map_or(Slot::Broken, Slot::Ready));
    }
}

fn set(evaluator: &mut Evaluator<'_>, name: &str, slot: Slot) {
    evaluator.roots.locals.insert(name.to_owned(), slot);
}

fn value(evaluator: &Evaluator<'_>, attribute: &Attribute) -> Eval<Val> {
    let value = evaluator.eval(&attribute.value, &Scope::top())?;
    if value.is_deeper_than(DEEPEST) {
        return Err(Fault::at(place(&attribute.value), "this value is nested too deeply", "make it flatter"));
    }
    Ok(value)
}

fn declare<'t>(blocks: &[&'t Node], report: &mut Report) -> BTreeMap<&'t str, &'t Attribute> {
    let mut declared = BTreeMap::new();
    for block in blocks {
        for structure in &block.body {
            match structure {
                Structure::Attribute(attribute) => {
                    if declared.insert(attribute.key.as_str(), attribute).is_some() {
                        let summary = format!("`local.{}` is set twice", attribute.key.as_str());
                        report.add(Diagnostic::at(place(&attribute.key), summary, "remove one of them"));
                    }
                }
                Structure::Block(inner) => report.add(Diagnostic::at(
                    place(&inner.ident),
                    format!("`locals` cannot hold the block `{}`", inner.ident.as_str()),
                    "write `name = value`",
                )),
            }
        }
    }
    declared
}

/// The locals so that each comes after those it refers to, and those that lie on a circle or depend on one.
fn order<'t>(declared: &BTreeMap<&'t str, &'t Attribute>) -> (Vec<&'t str>, BTreeSet<&'t str>) {
    let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, attribute) in declared {
        let needed = needed(attribute, declared);
        waiting.insert(name, needed.len());
        needed.into_iter().for_each(|needed| users.entry(needed).or_default().push(name));
    }
    let mut ready: Vec<&str> =
        waiting.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    let mut sorted = Vec::new();
    while let Some(name) = ready.pop() {
        waiting.remove(name);
        sorted.push(name);
        for user in users.get(name).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(user) {
                *count -= 1;
                if *count == 0 {
                    ready.push(user);
                }
            }
        }
    }
    (sorted, waiting.into_keys().collect())
}

/// The declared locals that one refers to.
fn needed<'t>(attribute: &Attribute, declared: &BTreeMap<&'t str, &'t Attribute>) -> Vec<&'t str> {
    let mut finder = References::default();
    finder.visit_expr(&attribute.value);
    finder
        .names
        .iter()
        .filter_map(|name| declared.get_key_value(name.as_str()))
        .map(|(name, _)| *name)
        .collect()
}

/// The first circle among the locals that cannot be ordered, with the way round it.
fn circle(declared: &BTreeMap<&str, &Attribute>, left: &BTreeSet<&str>) -> Option<Diagnostic> {
    const LONGEST: usize = 10;
    let mut way: Vec<&str> = vec![left.first()?];
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let start = loop {
        let name = *way.last()?;
        if let Some(at) = seen.insert(name, way.len() - 1) {
            break at;
        }
        // Whoever is left refers to somebody who is left.
        let next = needed(declared.get(name)?, declared).into_iter().find(|needed| left.contains(needed))?;
        way.push(next);
    };
    let round = way.get(start..)?;
    let first = declared.get(round.first()?)?;
    let mut steps: Vec<String> = round.iter().map(|name| format!("`local.{name}`")).collect();
    if steps.len() > LONGEST + 1 {
        steps.splice(LONGEST..steps.len() - 1, ["…".to_owned()]);
    }
    let summary = format!("locals refer to each other in a circle: {}", steps.join(" → "));
    Some(Diagnostic::at(place(&first.key), summary, "give one of them a value of its own"))
}

/// Finds the names in `local.name` and `local["name"]`.
#[derive(Default)]
struct References {
    names: BTreeSet<String>,
}

impl Visit for References {
    fn visit_traversal(&mut self, node: &Traversal) {
        if let Expression::Variable(root) = &node.expr
            && root.as_str() == "local"
        {
            match node.operators.first().map(|operator| operator.value()) {
                Some(TraversalOperator::GetAttr(name)) => {
                    self.names.insert(name.as_str().to_owned());
                }
                Some(TraversalOperator::Index(Expression::String(name))) => {
                    self.names.insert(name.value().clone());
                }
                _ => {}
            }
        }
        visit_traversal(self, node);
    }
}
