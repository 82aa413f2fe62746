//! A block whose keys belong to someone else, such as a driver's `config`: kept as a value.

use std::collections::BTreeMap;

use muster_hcl::Value as Hcl;
use muster_model::Value;

use crate::field::Field;
use crate::reader::Reader;

/// Always a map. Later files merge into it by key, map by map; everything else is replaced.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FreeForm(pub BTreeMap<String, Value>);

impl Field for FreeForm {
    fn read(reader: &mut Reader<'_>, key: &'static str) -> Option<Self> {
        let blocks = reader.plain_blocks(key);
        let entries = |value: Hcl| match plain(value) {
            Value::Map(entries) => Self(entries),
            _ => Self::default(),
        };
        blocks.into_iter().map(|block| entries(block.body.clone().into_value())).reduce(Field::merge)
    }

    fn merge(mut self, later: Self) -> Self {
        merge_maps(&mut self.0, later.0);
        self
    }
}

fn merge_maps(earlier: &mut BTreeMap<String, Value>, later: BTreeMap<String, Value>) {
    for (key, value) in later {
        match (earlier.get_mut(&key), value) {
            (Some(Value::Map(inner)), Value::Map(value)) => merge_maps(inner, value),
            (_, value) => {
                earlier.insert(key, value);
            }
        }
    }
}

fn plain(value: Hcl) -> Value {
    match value {
        Hcl::Null => Value::Null,
        Hcl::Bool(value) => Value::Bool(value),
        Hcl::Number(number) => number.as_i64().map_or_else(|| Value::Float(number.as_f64()), Value::Int),
        Hcl::String(text) => Value::String(text),
        Hcl::List(items) => Value::List(items.into_iter().map(plain).collect()),
        Hcl::Map(entries) => {
            Value::Map(entries.into_iter().map(|(key, value)| (key, plain(value))).collect())
        }
    }
}
