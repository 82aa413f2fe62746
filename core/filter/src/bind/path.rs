//! Where a selector leads.

use muster_shape::Shape;

use super::{Misfit, Scope};
use crate::ast::Selector;
use crate::error::Problem;
use crate::filter::Noun;

/// A way through a value that was checked against its shape.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub root: Root,
    pub steps: Vec<String>,
    pub missing: Missing,
}

#[derive(Clone, Debug)]
pub(crate) enum Root {
    /// A member of the object.
    Member(String),
    /// A name that `any` or `all` bound, by its place in the scope.
    Local(usize),
}

/// What it means when nothing is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Members that are left out or null stand for the zero value of their type.
    Zero,
    /// A map need not have the key: it equals nothing, is in nothing, and is empty.
    Absent,
}

pub(crate) fn resolve(selector: &Selector, noun: &Noun, scope: &Scope<'_>) -> Result<(Path, Shape), Misfit> {
    let misfit = |problem| Misfit { at: selector.at, problem };
    let mut parts = selector.parts.iter().enumerate();
    let first = parts.next().map(|(_, part)| part.as_str()).unwrap_or_default();
    let local = scope.iter().rposition(|(name, _)| *name == Some(first));
    let (root, mut shape) = match local.and_then(|place| Some((place, scope.get(place)?))) {
        Some((place, (_, shape))) => (Root::Local(place), shape),
        None => {
            let member = enter(&noun.shape, first, 0, selector, noun).map_err(misfit)?;
            (Root::Member(first.to_owned()), member)
        }
    };
    let mut missing = Missing::Zero;
    for (position, part) in parts {
        if !matches!(shape.present(), Shape::Record(_)) {
            missing = Missing::Absent;
        }
        shape = enter(shape, part, position, selector, noun).map_err(misfit)?;
    }
    let steps = selector.parts.iter().skip(1).cloned().collect();
    Ok((Path { root, steps, missing }, shape.clone()))
}

fn enter<'a>(
    shape: &'a Shape,
    part: &str,
    position: usize,
    selector: &Selector,
    noun: &'a Noun,
) -> Result<&'a Shape, Problem> {
    let unknown = || Problem::Unknown { pointer: selector.pointer(), part: position, name: part.to_owned() };
    match shape.present() {
        Shape::Record(key) => {
            noun.records.get(key).and_then(|record| record.member(part)).ok_or_else(unknown)
        }
        Shape::Map(element) => Ok(element),
        Shape::List(element) if part.parse::<usize>().is_ok() => Ok(element),
        Shape::Any => Ok(&Shape::Any),
        other => Err(Problem::NoMembers { pointer: selector.pointer(), part: position, kind: kind(other) }),
    }
}

/// As messages call it.
pub(crate) const fn kind(shape: &Shape) -> &'static str {
    match shape {
        Shape::Any => "any",
        Shape::Nothing => "nothing",
        Shape::Bool => "bool",
        Shape::Integer { .. } => "int",
        Shape::Number => "float64",
        Shape::Text | Shape::Choice(_) => "string",
        Shape::Optional(inner) => kind(inner),
        Shape::List(_) => "slice",
        Shape::Map(_) => "map",
        Shape::Record(_) => "struct",
    }
}
