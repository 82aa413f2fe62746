//! Lists, maps and `for` expressions.

use hcl_edit::expr::{Array, Expression, ForExpr, Object, ObjectKey};

use super::convert::mismatch;
use super::val::by_key;
use super::{Eval, Evaluator, Fault, MapBuilder, Scope, Val, place, text_units, to_bool, to_text};
use crate::number::Number;
use crate::source::Span;

impl Evaluator<'_> {
    pub(super) fn array(&self, array: &Array, scope: &Scope<'_>) -> Eval<Val> {
        array.iter().map(|item| self.eval(item, scope)).collect::<Eval<_>>().map(Val::List)
    }

    pub(super) fn object(&self, object: &Object, scope: &Scope<'_>) -> Eval<Val> {
        let mut map = MapBuilder::default();
        for (key, value) in object {
            let key = match key {
                ObjectKey::Ident(name) => name.as_str().to_owned(),
                ObjectKey::Expression(expr) => self.key(expr, scope)?,
            };
            map.put(key, self.eval(value.expr(), scope)?);
        }
        Ok(map.build())
    }

    fn key(&self, expr: &Expression, scope: &Scope<'_>) -> Eval<String> {
        if matches!(expr, Expression::Traversal(_)) {
            return Err(Fault::at(
                place(expr),
                "this key is ambiguous",
                "quote a literal key that holds dots, or put an expression in parentheses",
            ));
        }
        let key = self.eval(expr, scope)?;
        to_text(&key)
            .map_err(|why| Fault::at(place(expr), format!("this cannot be a key: {why}"), "keys are strings"))
    }

    pub(super) fn for_expression(&self, expr: &ForExpr, scope: &Scope<'_>) -> Eval<Val> {
        let intro = &expr.intro;
        let key_name = intro.key_var.as_ref().map(|name| name.as_str());
        let entries = self.walk(&intro.collection_expr, scope)?;
        let mut result = ForResult::new(expr);
        for (key, value) in entries {
            let names = bind(key_name, intro.value_var.as_str(), key, value);
            let inner = Scope::inner(scope, names);
            if self.wanted(expr, &inner)? {
                result.add(self, expr, &inner)?;
            }
        }
        Ok(result.build())
    }

    fn wanted(&self, expr: &ForExpr, scope: &Scope<'_>) -> Eval<bool> {
        let Some(condition) = &expr.cond else { return Ok(true) };
        let value = self.eval(&condition.expr, scope)?;
        to_bool(&value).map_err(|why| {
            Fault::at(
                place(&condition.expr),
                format!("the `if` of this `for` is not a bool: {why}"),
                "write a comparison",
            )
        })
    }

    /// Key and value of all elements, in the order of a walk: lists by index, sets by value, maps by sorted key.
    pub(crate) fn walk(&self, expr: &Expression, scope: &Scope<'_>) -> Eval<Vec<(Val, Val)>> {
        let span = place(expr);
        let collection = self.eval(expr, scope)?;
        match collection {
            Val::List(items) => {
                Ok(items.into_iter().enumerate().map(|(at, item)| (index(at), item)).collect())
            }
            Val::Set(items) => {
                self.spend(items.iter().map(Val::weight).sum(), span)?;
                Ok(items.into_iter().map(|item| (item.clone(), item)).collect())
            }
            Val::Map(entries) => {
                self.spend(entries.iter().map(|(key, value)| text_units(key) + value.weight()).sum(), span)?;
                Ok(by_key(&entries)
                    .into_iter()
                    .map(|(key, value)| (Val::Str(key.to_owned()), value.clone()))
                    .collect())
            }
            other => Err(Fault::at(
                span,
                format!("this cannot be walked: {}", mismatch("list or map", &other)),
                "give a list, set, map or object",
            )),
        }
    }
}

/// The names of one round of a loop.
pub(super) fn bind(key_name: Option<&str>, value_name: &str, key: Val, value: Val) -> Vec<(String, Val)> {
    let key = key_name.map(|name| (name.to_owned(), key));
    std::iter::once((value_name.to_owned(), value)).chain(key).collect()
}

fn index(at: usize) -> Val {
    Val::Num(Number::from_i128(i128::try_from(at).unwrap_or(i128::MAX)))
}

/// What a `for` expression builds.
enum ForResult<'e> {
    List(Vec<Val>),
    Map(&'e Expression, MapBuilder),
}

impl<'e> ForResult<'e> {
    fn new(expr: &'e ForExpr) -> Self {
        expr.key_expr
            .as_ref()
            .map_or_else(|| Self::List(Vec::new()), |key| Self::Map(key, MapBuilder::default()))
    }

    fn add(&mut self, evaluator: &Evaluator<'_>, expr: &ForExpr, scope: &Scope<'_>) -> Eval<()> {
        match self {
            Self::List(items) => items.push(evaluator.eval(&expr.value_expr, scope)?),
            Self::Map(key_expr, map) => {
                let span = place(*key_expr);
                let key = evaluator.eval(key_expr, scope)?;
                let key = to_text(&key).map_err(|why| {
                    Fault::at(span, format!("this cannot be a key: {why}"), "keys are strings")
                })?;
                evaluator.spend(text_units(&key), span)?;
                let value = evaluator.eval(&expr.value_expr, scope)?;
                insert(map, key, value, expr.grouping, span)?;
            }
        }
        Ok(())
    }

    fn build(self) -> Val {
        match self {
            Self::List(items) => Val::List(items),
            Self::Map(_, map) => map.build(),
        }
    }
}

fn insert(map: &mut MapBuilder, key: String, value: Val, grouping: bool, span: Span) -> Eval<()> {
    match (map.get_mut(&key), grouping) {
        (Some(Val::List(group)), true) => group.push(value),
        (Some(_), _) => {
            return Err(Fault::at(
                span,
                format!("the key `{key}` comes up twice in this `for`"),
                "make keys unique, or add `...` after the value to collect a list per key",
            ));
        }
        (None, true) => map.put(key, Val::List(vec![value])),
        (None, false) => map.put(key, value),
    }
    Ok(())
}
