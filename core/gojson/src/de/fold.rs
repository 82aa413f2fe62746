//! Which key of an object belongs to which field of a struct.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The non-null members of `map` that name one of `fields`, at most one a field, in the order of `fields`. A key
/// spelt exactly as the field wins over one that only folds to it.
pub(super) fn fold(map: Map<String, Value>, fields: &'static [&'static str]) -> Vec<(&'static str, Value)> {
    let mut found: BTreeMap<usize, (bool, &'static str, Value)> = BTreeMap::new();
    for (key, value) in map.into_iter().filter(|(_, value)| !value.is_null()) {
        let Some((position, field, exact)) = field_of(&key, fields) else { continue };
        let loses = !exact && found.get(&position).is_some_and(|(exact, ..)| *exact);
        if !loses {
            found.insert(position, (exact, field, value));
        }
    }
    found.into_values().map(|(_, field, value)| (field, value)).collect()
}

fn field_of(key: &str, fields: &'static [&'static str]) -> Option<(usize, &'static str, bool)> {
    let mut named = fields.iter().copied().enumerate();
    if let Some((position, field)) = named.clone().find(|(_, field)| *field == key) {
        return Some((position, field, true));
    }
    named.find(|(_, field)| field.eq_ignore_ascii_case(key)).map(|(position, field)| (position, field, false))
}
