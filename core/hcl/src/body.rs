//! The evaluated tree: attributes and blocks with their places.

use crate::source::Span;
use crate::value::Value;

/// `name = value`
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub name: String,
    pub name_span: Span,
    pub value: Value,
    pub value_span: Span,
}

/// One of the texts between a block's kind and its brace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub text: String,
    pub span: Span,
}

/// `kind "label" { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub kind: String,
    pub kind_span: Span,
    pub labels: Vec<Label>,
    pub body: Body,
    pub span: Span,
}

/// What stands between a block's braces, or in a whole file; the order of the source is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body {
    pub attributes: Vec<Attribute>,
    pub blocks: Vec<Block>,
    pub span: Span,
}

impl Body {
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    pub fn blocks_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |block| block.kind == kind)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.blocks.is_empty()
    }
}

impl Body {
    /// The body as a map, as free-form blocks such as a driver's `config` are passed on: a block is a map under its
    /// kind (each label a level between them), and several of one kind are a list of maps.
    #[must_use]
    pub fn into_value(self) -> Value {
        let mut entries: Vec<(String, Value)> =
            self.attributes.into_iter().map(|attribute| (attribute.name, attribute.value)).collect();
        for block in self.blocks {
            let inner = block
                .labels
                .into_iter()
                .rev()
                .fold(block.body.into_value(), |inner, label| Value::Map(vec![(label.text, inner)]));
            add(&mut entries, block.kind, inner);
        }
        Value::Map(entries)
    }
}

fn add(entries: &mut Vec<(String, Value)>, key: String, value: Value) {
    match entries.iter_mut().find(|(name, _)| *name == key) {
        None => entries.push((key, value)),
        Some((_, Value::List(list))) => list.push(value),
        Some((_, first)) => {
            let first_value = std::mem::take(first);
            *first = Value::List(vec![first_value, value]);
        }
    }
}
