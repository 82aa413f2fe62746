//! Asks a checked condition of one object.

use std::borrow::Cow;

use serde_json::Value;

use crate::bind::{Ask, KeysFirst, Literal, Missing, Node, Path, Root};
use crate::error::{FilterError, Problem};

/// An object that can be asked for its members by their names on the wire.
pub trait Subject {
    /// `None` for what is left out.
    fn member(&self, name: &str) -> Option<Cow<'_, Value>>;
}

impl Subject for Value {
    fn member(&self, name: &str) -> Option<Cow<'_, Value>> {
        self.get(name).map(Cow::Borrowed)
    }
}

/// Elements of lists and maps are copied before they are asked.
const COST_OF_AN_ELEMENT: usize = 4;

/// How much work may still be done.
#[derive(Debug)]
pub struct Fuel(u64);

impl Fuel {
    /// For one list: far more than expressions need that people write, for hundreds of thousands of objects.
    #[must_use]
    pub const fn for_a_list() -> Self {
        Self(30_000_000)
    }

    #[must_use]
    pub const fn new(steps: u64) -> Self {
        Self(steps)
    }

    fn take(&mut self, steps: usize) -> Result<(), FilterError> {
        let left = u64::try_from(steps).ok().and_then(|steps| self.0.checked_sub(steps));
        self.0 = left.ok_or_else(|| FilterError::new("", 0, Problem::TooMuchWork))?;
        Ok(())
    }
}

pub(crate) fn holds(node: &Node, subject: &dyn Subject, fuel: &mut Fuel) -> Result<bool, FilterError> {
    Asked { subject, locals: Vec::new(), fuel }.holds(node)
}

/// One object being asked.
struct Asked<'a> {
    subject: &'a dyn Subject,
    /// Parallel to the scope that the expression was checked with.
    locals: Vec<Value>,
    fuel: &'a mut Fuel,
}

impl Asked<'_> {
    fn holds(&mut self, node: &Node) -> Result<bool, FilterError> {
        self.fuel.take(1)?;
        match node {
            Node::Or(terms) => self.any_of(terms.iter(), true),
            Node::And(terms) => self.any_of(terms.iter(), false),
            Node::Not(inner) => self.holds(inner).map(|holds| !holds),
            Node::Question { path, negated, ask } => self.answer(path, *negated, ask),
            Node::Each { all, path, keys_first, pair, body } => {
                let elements = self.elements(path, *keys_first, *pair)?;
                for (key, element) in elements {
                    self.locals.extend([key, element]);
                    let holds = self.holds(body);
                    self.locals.truncate(self.locals.len().saturating_sub(2));
                    if holds? != *all {
                        return Ok(!all);
                    }
                }
                Ok(*all)
            }
        }
    }

    /// Whether one of the terms is `wanted`; if not, all are the opposite.
    fn any_of<'n>(
        &mut self,
        mut terms: impl Iterator<Item = &'n Node>,
        wanted: bool,
    ) -> Result<bool, FilterError> {
        let found = terms.find_map(|term| match self.holds(term) {
            Ok(holds) if holds != wanted => None,
            other => Some(other),
        });
        found.unwrap_or(Ok(!wanted))
    }

    fn answer(&mut self, path: &Path, negated: bool, ask: &Ask) -> Result<bool, FilterError> {
        let (subject, locals) = (self.subject, &self.locals);
        let found = find(path, subject, locals);
        let value = found.as_deref().filter(|value| !value.is_null());
        let size = value.map_or(0, |value| match value {
            Value::String(text) => text.len() / 64,
            Value::Array(list) => list.len(),
            _ => 0,
        });
        self.fuel.take(size)?;
        let holds = match value {
            Some(value) => holds_of(value, ask),
            None => holds_of_nothing(path.missing, ask),
        };
        Ok(holds != negated)
    }

    /// Keys and elements of a list or map; a single name's meaning is put where the scope has it.
    fn elements(
        &mut self,
        path: &Path,
        keys_first: KeysFirst,
        pair: bool,
    ) -> Result<Vec<(Value, Value)>, FilterError> {
        let (subject, locals) = (self.subject, &self.locals);
        let elements: Vec<(Value, Value)> = match find(path, subject, locals).map(Cow::into_owned) {
            Some(Value::Array(list)) => {
                list.into_iter().enumerate().map(|(index, element)| (Value::from(index), element)).collect()
            }
            Some(Value::Object(map)) => {
                let by_value = keys_first == KeysFirst::ByValue && !pair;
                map.into_iter()
                    .map(|(key, element)| {
                        let key = Value::String(key);
                        if by_value { (Value::Null, key) } else { (key, element) }
                    })
                    .collect()
            }
            _ => Vec::new(),
        };
        self.fuel.take(elements.len().saturating_mul(COST_OF_AN_ELEMENT))?;
        Ok(elements)
    }
}

fn find<'v>(path: &Path, subject: &'v dyn Subject, locals: &'v [Value]) -> Option<Cow<'v, Value>> {
    let root = match &path.root {
        Root::Member(name) => subject.member(name)?,
        Root::Local(place) => Cow::Borrowed(locals.get(*place)?),
    };
    match root {
        Cow::Borrowed(value) => walk(value, &path.steps).map(Cow::Borrowed),
        Cow::Owned(value) if path.steps.is_empty() => Some(Cow::Owned(value)),
        Cow::Owned(value) => walk(&value, &path.steps).cloned().map(Cow::Owned),
    }
}

fn walk<'v>(value: &'v Value, steps: &[String]) -> Option<&'v Value> {
    steps.iter().try_fold(value, |value, step| match value {
        Value::Object(members) => members.get(step),
        Value::Array(list) => list.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

fn holds_of(value: &Value, ask: &Ask) -> bool {
    match ask {
        Ask::Equals(literal) => equals(value, literal),
        Ask::Holds(literal) => match (value, literal) {
            (Value::String(text), Literal::Text(part) | Literal::Loose(part)) => text.contains(part.as_str()),
            (Value::Object(map), Literal::Text(key) | Literal::Loose(key)) => map.contains_key(key),
            (Value::Array(list), literal) => list.iter().any(|element| equals(element, literal)),
            _ => false,
        },
        Ask::Empty => match value {
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        },
        Ask::Matches(pattern) => value.as_str().is_some_and(|text| pattern.is_match(text)),
    }
}

fn holds_of_nothing(missing: Missing, ask: &Ask) -> bool {
    match (missing, ask) {
        (_, Ask::Empty) => true,
        (Missing::Absent, _) => false,
        (Missing::Zero, Ask::Equals(literal)) => literal.is_zero(),
        (Missing::Zero, Ask::Holds(Literal::Text(part))) => part.is_empty(),
        (Missing::Zero, Ask::Holds(_)) => false,
        (Missing::Zero, Ask::Matches(pattern)) => pattern.is_match(""),
    }
}

fn equals(value: &Value, literal: &Literal) -> bool {
    match literal {
        Literal::Text(text) => value.as_str() == Some(text),
        Literal::Integer(number) => integer(value) == Some(*number),
        Literal::Number(number) => value.as_f64() == Some(*number),
        Literal::Bool(wanted) => value.as_bool() == Some(*wanted),
        Literal::Loose(text) => match value {
            Value::String(value) => value == text,
            Value::Bool(value) => crate::bind::boolean(text) == Some(*value),
            Value::Number(_) => match crate::bind::integer(text) {
                Some(number) => integer(value) == Some(number),
                None => text.parse::<f64>().is_ok_and(|number| value.as_f64() == Some(number)),
            },
            _ => false,
        },
    }
}

fn integer(value: &Value) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}
