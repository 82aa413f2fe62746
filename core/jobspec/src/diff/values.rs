//! Compares two JSON values: fields that hold one value each, and objects.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::names;
use super::types::{DiffType, FieldDiff, ObjectDiff};

type Object = Map<String, Value>;
type Sides<'a> = (Option<&'a Object>, Option<&'a Object>);

/// What is in an object: fields with their texts, and what is larger than a field.
#[derive(Default)]
pub struct Parts {
    pub fields: Vec<FieldDiff>,
    pub objects: Vec<ObjectDiff>,
}

/// Compares everything in two objects but `apart`. With `context`, fields that are alike are listed too.
pub fn parts((old, new): Sides<'_>, apart: &[&str], context: bool) -> Parts {
    let keys: BTreeSet<&String> = [old, new].into_iter().flatten().flat_map(Map::keys).collect();
    let mut texts: [BTreeMap<String, String>; 2] = Default::default();
    let mut objects = Vec::new();
    for key in keys.into_iter().filter(|key| !apart.contains(&key.as_str())) {
        let sides = (value(old, key), value(new, key));
        let sample = sides.0.or(sides.1);
        match sample {
            None => {}
            Some(Value::Object(_)) if names::is_map(key) => {
                flatten(&mut texts, key, sides);
            }
            Some(Value::Object(_)) if names::is_map_of_objects(key) => {
                objects.extend(by_key(names::entry(key), (object_of(sides.0), object_of(sides.1))));
            }
            Some(Value::Object(_)) => {
                objects.extend(object(key, (object_of(sides.0), object_of(sides.1))));
            }
            Some(Value::Array(items)) if items.first().is_some_and(Value::is_object) => {
                objects.extend(list(key, (list_of(sides.0), list_of(sides.1))));
            }
            Some(Value::Array(_)) => objects.extend(set(key, (list_of(sides.0), list_of(sides.1)))),
            Some(_) => {
                for (texts, side) in texts.iter_mut().zip([sides.0, sides.1]) {
                    side.and_then(text).and_then(|text| texts.insert(key.clone(), text));
                }
            }
        }
    }
    let [old, new] = texts;
    Parts { fields: fields(&old, &new, context), objects }
}

/// One object, named.
pub fn object(name: &str, sides: Sides<'_>) -> Option<ObjectDiff> {
    let Parts { fields, objects } = parts(sides, &[], true);
    let changed = fields.iter().any(|field| field.kind != DiffType::None) || !objects.is_empty();
    let kind = DiffType::of(sides.0.is_some(), sides.1.is_some());
    (changed || matches!(kind, DiffType::Added | DiffType::Deleted)).then(|| ObjectDiff {
        kind,
        name: name.to_owned(),
        fields,
        objects,
    })
}

/// An object of free form, such as a driver's configuration: everything in it is a field, however deep.
pub fn free_form(name: &str, sides: (Option<&Value>, Option<&Value>)) -> Option<ObjectDiff> {
    let mut texts: [BTreeMap<String, String>; 2] = Default::default();
    for (texts, side) in texts.iter_mut().zip([sides.0, sides.1]) {
        for (key, value) in side.and_then(Value::as_object).into_iter().flatten() {
            walk(texts, key, value);
        }
    }
    let [old, new] = texts;
    let fields = fields(&old, &new, true);
    let kind = DiffType::of(!old.is_empty(), !new.is_empty());
    let changed = fields.iter().any(|field| field.kind != DiffType::None);
    changed.then(|| ObjectDiff { kind, name: name.to_owned(), fields, objects: Vec::new() })
}

fn fields(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>, context: bool) -> Vec<FieldDiff> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let diff = |name: &String| {
        let side = |texts: &BTreeMap<String, String>| texts.get(name).cloned().unwrap_or_default();
        let (before, after) = (side(old), side(new));
        let kind = if before == after {
            DiffType::None
        } else {
            DiffType::of(!before.is_empty(), !after.is_empty())
        };
        (context || kind != DiffType::None).then(|| FieldDiff {
            kind,
            name: name.clone(),
            old: before,
            new: after,
            annotations: Vec::new(),
        })
    };
    names.into_iter().filter_map(diff).collect()
}

/// `Meta` with `a = 1` becomes the field `Meta[a]`.
fn flatten(texts: &mut [BTreeMap<String, String>; 2], name: &str, sides: (Option<&Value>, Option<&Value>)) {
    for (texts, side) in texts.iter_mut().zip([sides.0, sides.1]) {
        for (key, value) in side.and_then(Value::as_object).into_iter().flatten() {
            walk(texts, &format!("{name}[{key}]"), value);
        }
    }
}

fn walk(texts: &mut BTreeMap<String, String>, name: &str, value: &Value) {
    match value {
        Value::Object(entries) => {
            entries.iter().for_each(|(key, value)| walk(texts, &format!("{name}[{key}]"), value));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| walk(texts, &format!("{name}[{at}]"), value));
        }
        _ => drop(text(value).map(|text| texts.insert(name.to_owned(), text))),
    }
}

/// A list of plain values, whose order says nothing.
fn set(name: &str, (old, new): (&[Value], &[Value])) -> Option<ObjectDiff> {
    let texts = |items: &[Value]| items.iter().filter_map(text).collect::<BTreeSet<_>>();
    let (old, new) = (texts(old), texts(new));
    if old == new {
        return None;
    }
    let field = |text: &String| {
        let (in_old, in_new) = (old.contains(text), new.contains(text));
        let kind = if in_old && in_new { DiffType::None } else { DiffType::of(in_old, in_new) };
        let side = |held: bool| if held { text.clone() } else { String::new() };
        FieldDiff {
            kind,
            name: name.to_owned(),
            old: side(in_old),
            new: side(in_new),
            annotations: Vec::new(),
        }
    };
    let fields = old.union(&new).map(field).collect();
    let kind = DiffType::of(!old.is_empty(), !new.is_empty());
    Some(ObjectDiff { kind, name: name.to_owned(), fields, objects: Vec::new() })
}

/// A list of objects: paired by what identifies them, else by being equal.
fn list(name: &str, (old, new): (&[Value], &[Value])) -> Vec<ObjectDiff> {
    let entry = names::entry(name);
    let key = |value: &Value| match names::identity(name) {
        Some(field) => value.get(field).map(Value::to_string).unwrap_or_default(),
        None => value.to_string(),
    };
    let index = |items: &'_ [Value]| {
        items
            .iter()
            .filter_map(|item| Some((key(item), item.as_object()?.clone())))
            .collect::<BTreeMap<_, _>>()
    };
    pairs(entry, &index(old), &index(new))
}

fn by_key(entry: &str, (old, new): Sides<'_>) -> Vec<ObjectDiff> {
    let index = |side: Option<&Object>| {
        let entries = side.into_iter().flatten();
        entries.filter_map(|(key, value)| Some((key.clone(), value.as_object()?.clone()))).collect()
    };
    pairs(entry, &index(old), &index(new))
}

fn pairs(entry: &str, old: &BTreeMap<String, Object>, new: &BTreeMap<String, Object>) -> Vec<ObjectDiff> {
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    keys.into_iter().filter_map(|key| object(entry, (old.get(key), new.get(key)))).collect()
}

/// `null` and what is not there are the same, and so is an empty list or object.
fn value<'a>(side: Option<&'a Object>, key: &str) -> Option<&'a Value> {
    side?.get(key).filter(|value| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
        _ => true,
    })
}

fn object_of(value: Option<&Value>) -> Option<&Object> {
    value.and_then(Value::as_object)
}

fn list_of(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
