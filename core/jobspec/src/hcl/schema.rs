//! What may stand where: one static table a block, in files by theme.

pub mod connect;
pub mod gateway;
pub mod group;
pub mod job;
pub mod place;
pub mod policy;
pub mod resources;
pub mod service;
pub mod task;
pub mod template;

use muster_hcl::{Block, Diagnostic};
use serde_json::{Map, Value};

/// Members under the names of the wire. A key that begins with `#` is not one of them: a `finish` function turns it
/// into some.
pub type Members = Map<String, Value>;

/// Puts members that HCL writes differently into the wire's form.
pub type Finish = fn(&mut Members, &Block, &mut Vec<Diagnostic>);

#[derive(Debug)]
pub struct Schema {
    /// The block's name as messages show it.
    pub name: &'static str,
    /// The member a label becomes; `None` for blocks without one.
    pub label: Option<&'static str>,
    pub attributes: &'static [Attribute],
    pub blocks: &'static [Nested],
    pub finish: Option<Finish>,
}

#[derive(Debug)]
pub struct Attribute {
    pub name: &'static str,
    pub member: &'static str,
    pub kind: Kind,
}

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Int,
    Bool,
    /// A Go duration string, or nanoseconds.
    Duration,
    Texts,
    Ints,
    /// Written as `name = { … }` or as `name { … }`, as the two below.
    TextMap,
    TextsMap,
    FreeMap,
}

impl Kind {
    pub const fn is_map(self) -> bool {
        matches!(self, Self::TextMap | Self::TextsMap | Self::FreeMap)
    }
}

#[derive(Debug)]
pub struct Nested {
    pub name: &'static str,
    pub member: &'static str,
    pub schema: &'static Schema,
    pub many: Many,
}

/// How often a block may stand, and the shape that follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    One,
    List,
    /// An object keyed by label.
    ByLabel,
}

impl Schema {
    pub const fn new(
        name: &'static str,
        attributes: &'static [Attribute],
        blocks: &'static [Nested],
    ) -> Self {
        Self { name, label: None, attributes, blocks, finish: None }
    }

    pub const fn labelled(self, member: &'static str) -> Self {
        Self { label: Some(member), ..self }
    }

    pub const fn finished_by(self, finish: Finish) -> Self {
        Self { finish: Some(finish), ..self }
    }

    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    pub fn block(&self, name: &str) -> Option<&'static Nested> {
        self.blocks.iter().find(|nested| nested.name == name)
    }
}

macro_rules! attribute_constructors {
    ($($function:ident $kind:ident;)*) => {$(
        pub const fn $function(name: &'static str, member: &'static str) -> Attribute {
            Attribute { name, member, kind: Kind::$kind }
        }
    )*};
}

attribute_constructors! {
    text Text;
    int Int;
    bool Bool;
    duration Duration;
    texts Texts;
    ints Ints;
    text_map TextMap;
    texts_map TextsMap;
    free_map FreeMap;
}

pub const fn one(name: &'static str, member: &'static str, schema: &'static Schema) -> Nested {
    Nested { name, member, schema, many: Many::One }
}

pub const fn list(name: &'static str, member: &'static str, schema: &'static Schema) -> Nested {
    Nested { name, member, schema, many: Many::List }
}

pub const fn by_label(name: &'static str, member: &'static str, schema: &'static Schema) -> Nested {
    Nested { name, member, schema, many: Many::ByLabel }
}
