//! Shapes as JSON Schema.

use std::collections::{BTreeMap, BTreeSet};

use muster_shape::{Record, Records, Shape};
use serde_json::{Map, Value, json};

/// What each record is called in the document: its own name, or where several share it, with its module before it.
pub(super) struct Names(BTreeMap<&'static str, String>);

impl Names {
    pub(super) fn new(records: &Records) -> Self {
        let (mut names, mut taken) = (BTreeMap::new(), BTreeSet::new());
        for (key, record) in records.iter() {
            let mut name = record.name.to_owned();
            if taken.contains(&name) {
                name = format!("{}{}", capital(module(key)), record.name);
            }
            // The path of a type is unique; its last module and name need not be.
            while taken.contains(&name) {
                name.push('_');
            }
            taken.insert(name.clone());
            names.insert(key, name);
        }
        Self(names)
    }

    pub(super) fn schemas(&self, records: &Records) -> Map<String, Value> {
        let schema = |(key, record)| Some((self.0.get(key)?.clone(), self.record(record)));
        records.iter().filter_map(schema).collect()
    }

    fn record(&self, record: &Record) -> Value {
        let members = record.members.iter();
        let properties: Map<String, Value> =
            members.map(|(name, shape)| ((*name).to_owned(), self.schema(shape))).collect();
        json!({"type": "object", "properties": properties})
    }

    pub(super) fn schema(&self, shape: &Shape) -> Value {
        match shape {
            Shape::Any => json!({}),
            Shape::Nothing => json!({"type": "null"}),
            Shape::Bool => json!({"type": "boolean"}),
            Shape::Integer { signed: true, bits } => {
                json!({"type": "integer", "format": if *bits > 32 { "int64" } else { "int32" }})
            }
            Shape::Integer { signed: false, bits } => {
                let mut schema = json!({"type": "integer", "minimum": 0});
                // Greater ones have no number that every reader of JSON can hold.
                if *bits < 64 {
                    insert(&mut schema, "maximum", json!((1_u64 << bits) - 1));
                }
                schema
            }
            Shape::Number => json!({"type": "number"}),
            Shape::Text => json!({"type": "string"}),
            Shape::Choice(words) => json!({"type": "string", "enum": words}),
            Shape::Optional(inner) => match &**inner {
                Shape::Any => json!({}),
                inner => json!({"anyOf": [self.schema(inner), {"type": "null"}]}),
            },
            Shape::List(element) => json!({"type": "array", "items": self.schema(element)}),
            Shape::Map(element) => {
                json!({"type": "object", "additionalProperties": self.schema(element)})
            }
            Shape::Record(key) => {
                let name = self.0.get(key).map(String::as_str).unwrap_or_default();
                json!({"$ref": format!("#/components/schemas/{name}")})
            }
        }
    }
}

pub(super) fn insert(object: &mut Value, key: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value);
    }
}

fn module(key: &str) -> &str {
    key.rsplit("::").nth(1).unwrap_or_default()
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
