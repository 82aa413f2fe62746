//! Checks a tree against a shape: every selector leads somewhere, every operator fits, every value can be compared.

mod literal;
mod path;

use muster_shape::Shape;

use crate::ast::{Each, Expr, Match, Test};
use crate::error::Problem;
use crate::filter::Noun;
pub(crate) use literal::{Literal, boolean, integer};
pub(crate) use path::{Missing, Path, Root};

/// A problem and where its selector stands.
pub(crate) struct Misfit {
    pub at: usize,
    pub problem: Problem,
}

/// A checked condition.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Or(Vec<Self>),
    And(Vec<Self>),
    Not(Box<Self>),
    Question { path: Path, negated: bool, ask: Ask },
    Each { all: bool, path: Path, keys_first: KeysFirst, pair: bool, body: Box<Self> },
}

/// Whether a single name means keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeysFirst {
    /// Of a map.
    Yes,
    No,
    /// Known only when the value is seen.
    ByValue,
}

#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Equals(Literal),
    Holds(Literal),
    Empty,
    Matches(regex::Regex),
}

/// Names in force, innermost last. Every `any` and `all` adds two, of which some have no name.
pub(crate) type Scope<'a> = Vec<(Option<&'a str>, Shape)>;

pub(crate) fn bind(expr: &Expr, noun: &Noun) -> Result<Node, Misfit> {
    node(expr, noun, &mut Scope::new())
}

fn node<'a>(expr: &'a Expr, noun: &Noun, scope: &mut Scope<'a>) -> Result<Node, Misfit> {
    let all = |terms: &'a [Expr], scope: &mut Scope<'a>| {
        terms.iter().map(|term| node(term, noun, scope)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match expr {
        Expr::Or(terms) => Node::Or(all(terms, scope)?),
        Expr::And(terms) => Node::And(all(terms, scope)?),
        Expr::Not(inner) => Node::Not(Box::new(node(inner, noun, scope)?)),
        Expr::Match(question) => ask(question, noun, scope)?,
        Expr::Each(one) => each(one, noun, scope)?,
    })
}

fn each<'a>(each: &'a Each, noun: &Noun, scope: &mut Scope<'a>) -> Result<Node, Misfit> {
    let (path, shape) = path::resolve(&each.selector, noun, scope)?;
    let (key, element, keys_first) = match shape.present() {
        Shape::List(element) => {
            (Shape::Integer { signed: false, bits: 64 }, (**element).clone(), KeysFirst::No)
        }
        Shape::Map(element) => (Shape::Text, (**element).clone(), KeysFirst::Yes),
        Shape::Any => (Shape::Any, Shape::Any, KeysFirst::ByValue),
        other => {
            let operation = if each.all { "all" } else { "any" };
            return Err(misfit(&each.selector, operation, other));
        }
    };
    let named = |name: &'a str| (name != "_").then_some(name);
    let (first, second) = (named(&each.names.0), each.names.1.as_deref().map(named));
    let pair = second.is_some();
    match (second, keys_first) {
        (Some(second), _) => scope.extend([(first, key), (second, element)]),
        (None, KeysFirst::Yes) => scope.extend([(first, key), (None, element)]),
        // By value, the evaluator puts what the name means into the second place.
        (None, _) => scope.extend([(None, key), (first, element)]),
    }
    let body = node(&each.body, noun, scope);
    scope.truncate(scope.len().saturating_sub(2));
    Ok(Node::Each { all: each.all, path, keys_first, pair, body: Box::new(body?) })
}

fn ask(question: &Match, noun: &Noun, scope: &Scope<'_>) -> Result<Node, Misfit> {
    let selector = &question.selector;
    let (path, shape) = path::resolve(selector, noun, scope)?;
    let shape = shape.present();
    let literal = |text: &str, shape: &Shape| {
        literal::Literal::new(text, shape).map_err(|wanted| Misfit {
            at: selector.at,
            problem: Problem::Value { text: text.to_owned(), wanted, selector: selector.to_string() },
        })
    };
    let ask = match (&question.test, shape) {
        (Test::Equals(_), Shape::List(_) | Shape::Map(_) | Shape::Record(_) | Shape::Nothing) => {
            return Err(misfit(selector, "equality", shape));
        }
        (Test::Equals(text), shape) => Ask::Equals(literal(text, shape)?),
        (Test::Holds(text), Shape::Text | Shape::Choice(_) | Shape::Map(_)) => {
            Ask::Holds(Literal::Text(text.clone()))
        }
        (Test::Holds(text), Shape::Any) => Ask::Holds(Literal::Loose(text.clone())),
        (Test::Holds(text), Shape::List(element)) => match element.present() {
            Shape::List(_) | Shape::Map(_) | Shape::Record(_) => {
                return Err(misfit(selector, "in/contains", shape));
            }
            element => Ask::Holds(literal(text, element)?),
        },
        (Test::Holds(_), _) => return Err(misfit(selector, "in/contains", shape)),
        (Test::Empty, Shape::Text | Shape::Choice(_) | Shape::List(_) | Shape::Map(_) | Shape::Any) => {
            Ask::Empty
        }
        (Test::Empty, _) => return Err(misfit(selector, "is empty/is not empty", shape)),
        (Test::Matches(pattern), Shape::Text | Shape::Choice(_) | Shape::Any) => {
            Ask::Matches(pattern.clone())
        }
        (Test::Matches(_), _) => return Err(misfit(selector, "matches/not matches", shape)),
    };
    Ok(Node::Question { path, negated: question.negated, ask })
}

fn misfit(selector: &crate::Selector, operation: &'static str, shape: &Shape) -> Misfit {
    let problem = Problem::Operation { operation, kind: path::kind(shape), selector: selector.to_string() };
    Misfit { at: selector.at, problem }
}
