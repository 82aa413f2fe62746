//! Free-form bodies, such as a driver's `config`: whatever is written becomes JSON.

use muster_hcl::{Body, Value as Hcl};
use serde_json::{Map, Value};

/// Attributes as they are; blocks as lists of objects, one a block, under each of their labels in turn.
pub(super) fn body(body: &Body) -> Map<String, Value> {
    let mut members: Map<String, Value> =
        body.attributes.iter().map(|attribute| (attribute.name.clone(), value(&attribute.value))).collect();
    for block in &body.blocks {
        let inner = Value::Object(self::body(&block.body));
        let labelled = block.labels.iter().rev().fold(inner, |inner, label| {
            Value::Object(Map::from_iter([(label.text.clone(), Value::Array(vec![inner]))]))
        });
        match members.get_mut(&block.kind) {
            Some(Value::Array(list)) => list.push(labelled),
            _ => {
                members.insert(block.kind.clone(), Value::Array(vec![labelled]));
            }
        }
    }
    members
}

pub(super) fn value(hcl: &Hcl) -> Value {
    match hcl {
        Hcl::Null => Value::Null,
        Hcl::Bool(value) => Value::Bool(*value),
        Hcl::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Value::from(whole),
            (None, Some(whole)) => Value::from(whole),
            (None, None) => Value::from(number.as_f64()),
        },
        Hcl::String(text) => Value::String(text.clone()),
        Hcl::List(items) => items.iter().map(value).collect(),
        Hcl::Map(entries) => entries.iter().map(|(key, entry)| (key.clone(), value(entry))).collect(),
    }
}
