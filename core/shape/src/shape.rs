//! What can be said of a type.

use std::collections::BTreeMap;

/// What values of a type look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Whatever JSON can hold.
    Any,
    /// Nothing at all: an empty body.
    Nothing,
    Bool,
    Integer {
        signed: bool,
        bits: u8,
    },
    Number,
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// May be null or left out.
    Optional(Box<Self>),
    List(Box<Self>),
    /// Keys chosen by the user.
    Map(Box<Self>),
    /// The key of a record in [`Records`].
    Record(&'static str),
}

impl Shape {
    /// What it holds when it holds something.
    #[must_use]
    pub fn present(&self) -> &Self {
        match self {
            Self::Optional(inner) => inner.present(),
            other => other,
        }
    }
}

/// A type with named members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Its name without a path; several records may share one.
    pub name: &'static str,
    pub members: Vec<(&'static str, Shape)>,
}

impl Record {
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Shape> {
        self.members.iter().find(|(member, _)| *member == name).map(|(_, shape)| shape)
    }
}

/// Every record met, by the full path of its type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records(BTreeMap<&'static str, Record>);

impl Records {
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Record> {
        self.0.get(key)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Record)> {
        self.0.iter().map(|(key, record)| (*key, record))
    }

    pub(crate) fn insert(&mut self, key: &'static str, record: Record) {
        self.0.insert(key, record);
    }
}
