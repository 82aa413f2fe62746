//! `variable "name" { type, default, description, sensitive, validation {} }` and `variables { name = default }`.

use std::collections::BTreeMap;

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Block as Node, Structure};

use super::Parts;
use super::report::Report;
use crate::diagnostic::Diagnostic;
use crate::eval::{Evaluator, Roots, Scope, Slot, Type, Val, place, to_bool, to_text};
use crate::source::{Source, Span};
use crate::suggest::closest;

/// A variable as declared, before any value is given.
pub(super) struct Declared {
    pub kind: Type,
    pub default: Default,
    /// Its value must not come up in messages.
    pub sensitive: bool,
    pub span: Span,
}

pub(super) enum Default {
    None,
    Value(Val),
    /// Reported already.
    Broken,
}

const KEYS: [&str; 4] = ["type", "default", "description", "sensitive"];

pub(super) fn declare(source: &Source, parts: &Parts<'_>, report: &mut Report) -> BTreeMap<String, Declared> {
    let evaluator = Evaluator::new(source, Roots::constant("a default"), None);
    let mut declared = BTreeMap::new();
    for block in &parts.variables {
        if let Some((name, span)) = label(block, report) {
            let variable = variable(&evaluator, block, span, report);
            insert(&mut declared, name, variable, report);
        }
    }
    for block in &parts.defaults {
        for structure in &block.body {
            match structure {
                Structure::Attribute(attribute) => {
                    let name = attribute.key.as_str().to_owned();
                    insert(&mut declared, name, short(&evaluator, attribute, report), report);
                }
                Structure::Block(inner) => report.add(Diagnostic::at(
                    place(&inner.ident),
                    format!("`variables` cannot hold the block `{}`", inner.ident.as_str()),
                    "write `name = default`, or declare it with `variable \"name\" {}`",
                )),
            }
        }
    }
    declared
}

fn insert(declared: &mut BTreeMap<String, Declared>, name: String, variable: Declared, report: &mut Report) {
    if declared.contains_key(&name) {
        let summary = format!("the variable `{name}` is declared twice");
        report.add(Diagnostic::at(variable.span, summary, "remove one of the declarations"));
        return;
    }
    declared.insert(name, variable);
}

fn label(block: &Node, report: &mut Report) -> Option<(String, Span)> {
    if let [label] = block.labels.as_slice() {
        return Some((label.as_str().to_owned(), place(label)));
    }
    report.add(Diagnostic::at(
        place(&block.ident),
        "a `variable` block has exactly one label, its name",
        "write `variable \"name\" { … }`",
    ));
    None
}

fn short(evaluator: &Evaluator<'_>, attribute: &Attribute, report: &mut Report) -> Declared {
    let default = default(evaluator, &attribute.value, None, report);
    Declared { kind: inferred(&default), default, sensitive: false, span: place(&attribute.key) }
}

fn variable(evaluator: &Evaluator<'_>, block: &Node, span: Span, report: &mut Report) -> Declared {
    check_keys(block, report);
    let attribute = |name: &str| block.body.get_attribute(name);
    let kind = attribute("type").map(|attribute| report.take(Type::parse(&attribute.value, evaluator)));
    let default = match (attribute("default"), &kind) {
        (_, Some(None)) => Default::Broken,
        (None, _) => Default::None,
        (Some(attribute), kind) => {
            default(evaluator, &attribute.value, kind.as_ref().and_then(Option::as_ref), report)
        }
    };
    let kind = kind.flatten().unwrap_or_else(|| inferred(&default));
    let sensitive = attribute("sensitive").is_some_and(|flag| {
        let value = report.take(evaluator.eval(&flag.value, &Scope::top()));
        value.is_some_and(|value| to_bool(&value).unwrap_or(true))
    });
    Declared { kind, default, sensitive, span }
}

fn check_keys(block: &Node, report: &mut Report) {
    for structure in &block.body {
        let (name, span, known) = match structure {
            Structure::Attribute(attribute) => {
                (attribute.key.as_str(), place(&attribute.key), KEYS.contains(&attribute.key.as_str()))
            }
            Structure::Block(inner) => {
                (inner.ident.as_str(), place(&inner.ident), inner.has_ident("validation"))
            }
        };
        if !known {
            let help = match closest(name, KEYS.into_iter().chain(["validation"])) {
                Some(close) => format!("did you mean `{close}`?"),
                None => "a variable has type, default, description, sensitive and validation".to_owned(),
            };
            report.add(Diagnostic::at(span, format!("`variable` does not know `{name}`"), help));
        }
    }
}

fn default(
    evaluator: &Evaluator<'_>,
    expr: &Expression,
    kind: Option<&Type>,
    report: &mut Report,
) -> Default {
    let Some(value) = report.take(evaluator.eval(expr, &Scope::top())) else { return Default::Broken };
    match kind.unwrap_or(&Type::Any).convert(value) {
        Ok(value) => Default::Value(value),
        Err(why) => {
            report.add(Diagnostic::at(
                place(expr),
                format!("the default does not fit the type: {why}"),
                "change one of them",
            ));
            Default::Broken
        }
    }
}

/// Without a type a variable has that of its default; without either it is a string.
fn inferred(default: &Default) -> Type {
    match default {
        Default::None | Default::Value(Val::Str(_)) => Type::String,
        Default::Value(Val::Num(_)) => Type::Number,
        Default::Value(Val::Bool(_)) => Type::Bool,
        Default::Value(_) | Default::Broken => Type::Any,
    }
}

/// Checks every `validation { condition, error_message }` against the values that are assigned now.
pub(super) fn validate(evaluator: &Evaluator<'_>, parts: &Parts<'_>, report: &mut Report) {
    for block in &parts.variables {
        let [label] = block.labels.as_slice() else { continue };
        let ready = matches!(evaluator.roots.vars.get(label.as_str()), Some(Slot::Ready(_)));
        for rule in block.body.get_blocks("validation").filter(|_| ready) {
            check_rule(evaluator, label.as_str(), rule, report);
        }
    }
}

fn check_rule(evaluator: &Evaluator<'_>, name: &str, rule: &Node, report: &mut Report) {
    let Some(condition) = rule.body.get_attribute("condition") else {
        report.add(Diagnostic::at(
            place(&rule.ident),
            "`validation` needs a `condition`",
            "write `condition = <bool>`",
        ));
        return;
    };
    let top = Scope::top();
    let Some(value) = report.take(evaluator.eval(&condition.value, &top)) else { return };
    let holds = match to_bool(&value) {
        Ok(holds) => holds,
        Err(why) => {
            report.add(Diagnostic::at(
                place(&condition.value),
                format!("the condition is not a bool: {why}"),
                "write a comparison",
            ));
            return;
        }
    };
    if holds {
        return;
    }
    let message =
        rule.body.get_attribute("error_message").map(|attribute| evaluator.eval(&attribute.value, &top));
    let message = message.and_then(|message| report.take(message)).and_then(|message| to_text(&message).ok());
    let message =
        message.unwrap_or_else(|| "the condition in its `validation` block does not hold".to_owned());
    report.add(Diagnostic::at(
        place(&condition.value),
        format!("the value of the variable `{name}` is not valid"),
        message,
    ));
}
