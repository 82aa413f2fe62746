//! Walks an evaluated body along its schema. Nothing here knows a block by name.

use muster_hcl::{Attribute, Block, Body, Diagnostic};
use serde_json::Value;

use super::schema::{self, Many, Members, Nested, Schema};
use super::{free, suggest, value};

/// The members of a block: its label, its attributes, its blocks.
pub(super) fn block(block: &Block, schema: &'static Schema, found: &mut Vec<Diagnostic>) -> Members {
    let mut members = Members::new();
    label(block, schema, &mut members, found);
    for attribute in &block.body.attributes {
        read_attribute(attribute, schema, &mut members, found);
    }
    for inner in &block.body.blocks {
        match (schema.block(&inner.kind), schema.attribute(&inner.kind)) {
            (Some(nested), _) => read_block(inner, nested, &mut members, found),
            (None, Some(map)) if map.kind.is_map() => read_map_block(inner, map, &mut members, found),
            (None, Some(_)) => found.push(suggest::block_for_attribute(inner)),
            (None, None) => found.push(suggest::unknown_block(inner, schema)),
        }
    }
    if let Some(finish) = schema.finish {
        finish(&mut members, block, found);
    }
    members
}

fn label(block: &Block, schema: &'static Schema, members: &mut Members, found: &mut Vec<Diagnostic>) {
    match (schema.label, block.labels.as_slice()) {
        (None, []) => {}
        (Some(member), [label]) => {
            members.insert(member.to_owned(), Value::String(label.text.clone()));
        }
        (Some(_), []) => {
            let kind = &block.kind;
            let summary = format!("`{kind}` needs a label");
            found.push(Diagnostic::at(
                block.kind_span,
                summary,
                format!("name it, as in `{kind} \"name\" {{ … }}`"),
            ));
        }
        (None, [first, ..]) => {
            let summary = format!("`{}` takes no label, got {:?}", block.kind, first.text);
            found.push(Diagnostic::at(first.span, summary, "remove the label"));
        }
        (Some(_), [_, second, ..]) => {
            let summary = format!("`{}` takes one label, got a second one: {:?}", block.kind, second.text);
            found.push(Diagnostic::at(second.span, summary, "remove all but the first label"));
        }
    }
}

fn read_attribute(
    attribute: &Attribute,
    schema: &'static Schema,
    members: &mut Members,
    found: &mut Vec<Diagnostic>,
) {
    match (schema.attribute(&attribute.name), schema.block(&attribute.name)) {
        (Some(known), _) => {
            if let Some(value) = value::read(attribute, known.kind, found) {
                members.insert(known.member.to_owned(), value);
            }
        }
        (None, Some(nested)) => found.push(suggest::attribute_for_block(attribute, nested)),
        (None, None) => found.push(suggest::unknown_attribute(attribute, schema)),
    }
}

fn read_block(inner: &Block, nested: &'static Nested, members: &mut Members, found: &mut Vec<Diagnostic>) {
    let value = Value::Object(block(inner, nested.schema, found));
    let slot = members.entry(nested.member).or_insert(Value::Null);
    match nested.many {
        Many::One if slot.is_null() => *slot = value,
        Many::One => found.push(repeated(inner)),
        Many::List => match slot {
            Value::Array(list) => list.push(value),
            _ => *slot = Value::Array(vec![value]),
        },
        Many::ByLabel => {
            let Some(label) = inner.labels.first() else { return };
            if slot.is_null() {
                *slot = Value::Object(Members::new());
            }
            if let Value::Object(map) = slot
                && map.insert(label.text.clone(), value).is_some()
            {
                let summary = format!("a second `{}` block with the label {:?}", inner.kind, label.text);
                found.push(Diagnostic::at(label.span, summary, "give each its own label"));
            }
        }
    }
}

fn repeated(block: &Block) -> Diagnostic {
    let summary = format!("a second `{}` block", block.kind);
    Diagnostic::at(block.kind_span, summary, "only one is allowed here; merge them")
}

/// A map written as a block: `meta { owner = "x" }`.
fn read_map_block(
    inner: &Block,
    known: &'static schema::Attribute,
    members: &mut Members,
    found: &mut Vec<Diagnostic>,
) {
    if let Some(label) = inner.labels.first() {
        let summary = format!("`{}` takes no label, got {:?}", inner.kind, label.text);
        found.push(Diagnostic::at(label.span, summary, "remove the label"));
    }
    let map = match known.kind {
        schema::Kind::FreeMap => free::body(&inner.body),
        kind => entries(&inner.body, kind, &inner.kind, found),
    };
    if members.insert(known.member.to_owned(), Value::Object(map)).is_some() {
        found.push(repeated(inner));
    }
}

fn entries(body: &Body, kind: schema::Kind, name: &str, found: &mut Vec<Diagnostic>) -> Members {
    for block in &body.blocks {
        let summary = format!("`{name}` holds `key = value` lines only, got a block `{}`", block.kind);
        found.push(Diagnostic::at(block.kind_span, summary, "write a value of one line"));
    }
    let entries = body.attributes.iter();
    entries
        .filter_map(|attribute| Some((attribute.name.clone(), value::entry(attribute, kind, found)?)))
        .collect()
}
