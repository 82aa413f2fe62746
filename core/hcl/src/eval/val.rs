//! Values inside the evaluator: as [`Value`], and sets, which only differ in how they are walked.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::budget::text_units;
use crate::number::Number;
use crate::value::Value;

#[derive(Clone, Debug)]
pub(crate) enum Val {
    Null,
    Bool(bool),
    Num(Number),
    Str(String),
    List(Vec<Self>),
    /// Sorted and without repeats.
    Set(Vec<Self>),
    /// In the order of the source, each key once. Walks go by sorted key.
    Map(Vec<(String, Self)>),
}

impl Val {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Num(_) => "number",
            Self::Str(_) => "string",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::Map(_) => "map",
        }
    }

    /// What a copy of it costs.
    pub fn weight(&self) -> u64 {
        match self {
            Self::Null | Self::Bool(_) | Self::Num(_) => 1,
            Self::Str(text) => text_units(text),
            Self::List(items) | Self::Set(items) => 1 + items.iter().map(Self::weight).sum::<u64>(),
            Self::Map(entries) => {
                1 + entries.iter().map(|(key, value)| text_units(key) + value.weight()).sum::<u64>()
            }
        }
    }

    /// How many levels of lists and maps there are, at most `limit`.
    pub fn is_deeper_than(&self, limit: usize) -> bool {
        let Some(below) = limit.checked_sub(1) else { return true };
        match self {
            Self::List(items) | Self::Set(items) => items.iter().any(|item| item.is_deeper_than(below)),
            Self::Map(entries) => entries.iter().any(|(_, value)| value.is_deeper_than(below)),
            _ => false,
        }
    }

    pub fn set(mut items: Vec<Self>) -> Self {
        items.sort();
        items.dedup();
        Self::Set(items)
    }

    /// The elements of a list or set.
    pub fn items(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) | Self::Set(items) => Some(items),
            _ => None,
        }
    }

    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Num(number) => Value::Number(number),
            Self::Str(text) => Value::String(text),
            Self::List(items) | Self::Set(items) => {
                Value::List(items.into_iter().map(Self::into_value).collect())
            }
            Self::Map(entries) => {
                Value::Map(entries.into_iter().map(|(key, value)| (key, value.into_value())).collect())
            }
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Num(_) => 2,
            Self::Str(_) => 3,
            Self::List(_) | Self::Set(_) => 4,
            Self::Map(_) => 5,
        }
    }
}

/// Builds a map: order of first mention, each key once, in less than quadratic time.
#[derive(Default)]
pub(crate) struct MapBuilder {
    entries: Vec<(String, Val)>,
    index: BTreeMap<String, usize>,
}

impl MapBuilder {
    /// Sets an entry; a key that is there already keeps its place and gets the new value.
    pub fn put(&mut self, key: String, value: Val) {
        match self.get_mut(&key) {
            Some(old) => *old = value,
            None => {
                self.index.insert(key.clone(), self.entries.len());
                self.entries.push((key, value));
            }
        }
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Val> {
        let at = self.index.get(key)?;
        self.entries.get_mut(*at).map(|(_, value)| value)
    }

    pub fn build(self) -> Val {
        Val::Map(self.entries)
    }
}

/// The entries by sorted key, the order in which maps are walked.
pub(crate) fn by_key(entries: &[(String, Val)]) -> Vec<(&str, &Val)> {
    let mut sorted: Vec<_> = entries.iter().map(|(key, value)| (key.as_str(), value)).collect();
    sorted.sort_by_key(|(key, _)| *key);
    sorted
}

/// Total order, so that sets and `distinct` need no hashing: kinds first, then values. Maps compare by sorted key.
impl Ord for Val {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Num(a), Self::Num(b)) => a.compare(*b),
            (Self::Str(a), Self::Str(b)) => a.cmp(b),
            (Self::List(a) | Self::Set(a), Self::List(b) | Self::Set(b)) => a.cmp(b),
            (Self::Map(a), Self::Map(b)) => by_key(a).cmp(&by_key(b)),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Val {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Val {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Val {}
