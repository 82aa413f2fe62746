//! Names and what follows them: `.attribute`, `[index]`, splats.
//!
//! ```text
//! name ── bound by for/dynamic ──► its value ──► operators, one after the other
//!      ── var, local ───────────► variable or local ──► operators
//!      ── anything else ────────► kept whole as `${source text}` for run time
//! ```

use hcl_edit::Decorated;
use hcl_edit::expr::{Expression, Traversal, TraversalOperator};

use super::convert::mismatch;
use super::{Eval, Evaluator, Fault, Scope, Slot, Val, place, to_number, to_text};
use crate::source::Span;
use crate::suggest::closest;

type Operators<'a> = &'a [Decorated<TraversalOperator>];

impl Evaluator<'_> {
    pub(super) fn variable(&self, name: &str, span: Span, scope: &Scope<'_>) -> Eval<Val> {
        match scope.get(name) {
            Some(value) => self.copy(value, span),
            None if is_root(name) => Err(Fault::at(
                span,
                format!("`{name}` cannot be used as a value of its own"),
                format!("name one of its entries, as in `{name}.example`"),
            )),
            None => self.run_time(span),
        }
    }

    pub(super) fn traversal(&self, traversal: &Traversal, span: Span, scope: &Scope<'_>) -> Eval<Val> {
        let Expression::Variable(name) = &traversal.expr else {
            let start = self.eval(&traversal.expr, scope)?;
            return self.follow(&start, &traversal.operators, span, scope);
        };
        if let Some(start) = scope.get(name.as_str()) {
            return self.follow(start, &traversal.operators, span, scope);
        }
        if !is_root(name.as_str()) {
            return self.run_time(span);
        }
        let Some((first, rest)) = traversal.operators.split_first() else {
            return self.variable(name.as_str(), span, scope);
        };
        let key = self.root_key(name.as_str(), first, span, scope)?;
        let start = self.root_entry(name.as_str(), &key, span)?;
        self.follow(start, rest, span, scope)
    }

    /// What only the node or the task knows: kept as its own source text.
    fn run_time(&self, span: Span) -> Eval<Val> {
        let text = format!("${{{}}}", self.source.slice(span).trim());
        self.text(text, span)
    }

    fn root_key(
        &self,
        root: &str,
        first: &Decorated<TraversalOperator>,
        span: Span,
        scope: &Scope<'_>,
    ) -> Eval<String> {
        match first.value() {
            TraversalOperator::GetAttr(name) => Ok(name.as_str().to_owned()),
            TraversalOperator::Index(expr) => {
                let key = self.eval(expr, scope)?;
                to_text(&key).map_err(|why| {
                    Fault::at(
                        place(expr),
                        format!("`{root}` cannot be indexed by this: {why}"),
                        "give the name as a string",
                    )
                })
            }
            _ => Err(Fault::at(
                span,
                format!("`{root}` must be followed by a name"),
                format!("write `{root}.example`"),
            )),
        }
    }

    fn root_entry(&self, root: &str, key: &str, span: Span) -> Eval<&Val> {
        if let Some(what) = self.roots.constant {
            return Err(Fault::at(
                span,
                format!("`{root}.{key}` cannot be used here"),
                format!("{what} must be a constant; a value in `locals` may refer to others"),
            ));
        }
        let table = if root == "var" { &self.roots.vars } else { &self.roots.locals };
        match table.get(key) {
            Some(Slot::Ready(value)) => Ok(value),
            Some(Slot::Broken) => Err(Fault::Reported),
            Some(Slot::Pending) => Err(Fault::at(
                span,
                format!("`{root}.{key}` is not known yet here"),
                "refer to it by its fixed name, as in `local.example`",
            )),
            None => Err(undeclared(root, key, span, table.keys().map(String::as_str))),
        }
    }

    /// Applies the operators to a value, copying only what they end at.
    fn follow(&self, start: &Val, operators: Operators<'_>, span: Span, scope: &Scope<'_>) -> Eval<Val> {
        let mut at = start;
        for (index, operator) in operators.iter().enumerate() {
            self.spend(1, span)?;
            let rest = operators.get(index + 1..).unwrap_or_default();
            at = match operator.value() {
                TraversalOperator::GetAttr(name) => attribute(at, name.as_str(), place(operator))?,
                TraversalOperator::LegacyIndex(number) => {
                    element(at, &number.value().to_string(), place(operator))?
                }
                TraversalOperator::Index(expr) => {
                    let key = self.eval(expr, scope)?;
                    indexed(at, &key, place(expr))?
                }
                TraversalOperator::FullSplat(_) => return self.splat(at, rest, &[], span, scope),
                TraversalOperator::AttrSplat(_) => {
                    let names = rest.iter().take_while(|op| {
                        matches!(
                            op.value(),
                            TraversalOperator::GetAttr(_) | TraversalOperator::LegacyIndex(_)
                        )
                    });
                    let (each, after) = rest.split_at(names.count());
                    return self.splat(at, each, after, span, scope);
                }
            };
        }
        self.copy(at, span)
    }

    /// Applies `each` to every element and `after` to the list of the results. Null is an empty list, and what is
    /// not a list is a list of one.
    fn splat(
        &self,
        of: &Val,
        each: Operators<'_>,
        after: Operators<'_>,
        span: Span,
        scope: &Scope<'_>,
    ) -> Eval<Val> {
        let items = match of {
            Val::Null => &[],
            Val::List(items) | Val::Set(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        let follow = |item| self.deeper(span, || self.follow(item, each, span, scope));
        let list = Val::List(items.iter().map(follow).collect::<Eval<_>>()?);
        if after.is_empty() {
            return Ok(list);
        }
        self.deeper(span, || self.follow(&list, after, span, scope))
    }
}

fn is_root(name: &str) -> bool {
    matches!(name, "var" | "local")
}

fn undeclared<'a>(root: &str, key: &str, span: Span, known: impl Iterator<Item = &'a str>) -> Fault {
    let help = match (closest(key, known), root) {
        (Some(close), _) => format!("did you mean `{root}.{close}`?"),
        (None, "var") => format!("declare it with `variable \"{key}\" {{}}`"),
        (None, _) => format!("set `{key}` in a `locals` block"),
    };
    Fault::at(span, format!("`{root}.{key}` is not declared"), help)
}

fn attribute<'v>(of: &'v Val, name: &str, span: Span) -> Eval<&'v Val> {
    let Val::Map(entries) = of else {
        let help = match of {
            Val::List(_) | Val::Set(_) => {
                format!("choose an element first with `[0]`, or all with `[*].{name}`")
            }
            _ => "only maps and objects have attributes".to_owned(),
        };
        return Err(Fault::at(span, format!("`.{name}` cannot be used: {}", mismatch("map", of)), help));
    };
    of.get(name).ok_or_else(|| missing(name, entries, span))
}

fn missing(name: &str, entries: &[(String, Val)], span: Span) -> Fault {
    let help = match closest(name, entries.iter().map(|(key, _)| key.as_str())) {
        Some(close) => format!("did you mean `{close}`?"),
        None => "use `lookup(map, key, default)` where it may be absent".to_owned(),
    };
    Fault::at(span, format!("the map has no entry `{name}`"), help)
}

fn element<'v>(of: &'v Val, number: &str, span: Span) -> Eval<&'v Val> {
    indexed(of, &Val::Str(number.to_owned()), span)
}

fn indexed<'v>(of: &'v Val, key: &Val, span: Span) -> Eval<&'v Val> {
    match of {
        Val::Map(entries) => {
            let key = to_text(key).map_err(|why| {
                Fault::at(span, format!("this is no key of a map: {why}"), "index a map by a string")
            })?;
            of.get(&key).ok_or_else(|| missing(&key, entries, span))
        }
        Val::List(items) => {
            let number = to_number(key).map_err(|why| {
                Fault::at(
                    span,
                    format!("this is no index of a list: {why}"),
                    "index a list by a whole number from 0",
                )
            })?;
            let found = number.as_u64().and_then(|at| usize::try_from(at).ok()).and_then(|at| items.get(at));
            let help = || format!("the list has {} elements, and the first is number 0", items.len());
            found.ok_or_else(|| Fault::at(span, format!("the list has no element `{number}`"), help()))
        }
        Val::Set(_) => Err(Fault::at(
            span,
            "a set has no order, so it cannot be indexed",
            "use `sort` or `[for x in set : x]` to make a list",
        )),
        other => Err(Fault::at(
            span,
            format!("this cannot be indexed: {}", mismatch("list or map", other)),
            "index a list or a map",
        )),
    }
}
