//! One value against the kind its attribute asks for. Strings, numbers and bools convert where nothing is lost.

use muster_hcl::{Attribute, Diagnostic, Number, Value as Hcl};
use serde_json::{Map, Value};

use super::free;
use super::schema::Kind;
use crate::duration;

/// The wire form of an attribute's value; `None` for null, and after a finding.
pub(super) fn read(attribute: &Attribute, kind: Kind, found: &mut Vec<Diagnostic>) -> Option<Value> {
    if attribute.value == Hcl::Null {
        return None;
    }
    convert(&attribute.value, kind).map_err(|problem| found.push(problem.at(attribute))).ok()
}

/// Why a value does not fit.
pub(super) struct Problem {
    expected: &'static str,
    got: String,
    hint: String,
}

impl Problem {
    fn at(self, attribute: &Attribute) -> Diagnostic {
        let summary = format!("`{}`: expected {}, got {}", attribute.name, self.expected, self.got);
        Diagnostic::at(attribute.value_span, summary, self.hint)
    }
}

fn mismatch(value: &Hcl, kind: Kind) -> Problem {
    Problem { expected: name_of(kind), got: describe(value), hint: hint(value, kind) }
}

const fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a string",
        Kind::Int => "a whole number",
        Kind::Bool => "true or false",
        Kind::Duration => "a duration",
        Kind::Texts => "a list of strings",
        Kind::Ints => "a list of whole numbers",
        Kind::TextMap => "a map of strings",
        Kind::TextsMap => "a map of lists of strings",
        Kind::FreeMap => "a map",
    }
}

fn hint(value: &Hcl, kind: Kind) -> String {
    match (kind, value) {
        (Kind::Texts, Hcl::String(text)) => format!("write `[{text:?}]`"),
        (Kind::Text, Hcl::List(_)) => "write a single string, not a list".to_owned(),
        (Kind::Duration, _) => {
            "write a number with a unit such as `\"30s\"`, `\"1h30m\"` or `\"250ms\"`".to_owned()
        }
        (Kind::Int, Hcl::String(text)) if text.contains("${") => {
            "the value must be known before the job runs; use a variable".to_owned()
        }
        _ => format!("write {}", name_of(kind)),
    }
}

fn describe(value: &Hcl) -> String {
    match value {
        Hcl::String(text) => format!("{text:?}"),
        Hcl::Number(number) => number.to_string(),
        Hcl::Bool(value) => value.to_string(),
        _ => format!("a {}", value.kind()),
    }
}

fn convert(value: &Hcl, kind: Kind) -> Result<Value, Problem> {
    match kind {
        Kind::Text => text(value).map(Value::String).ok_or_else(|| mismatch(value, kind)),
        Kind::Int => int(value).map(Value::from).ok_or_else(|| mismatch(value, kind)),
        Kind::Bool => bool(value).map(Value::Bool).ok_or_else(|| mismatch(value, kind)),
        Kind::Duration => duration(value).map(Value::from).ok_or_else(|| mismatch(value, kind)),
        Kind::Texts => list(value, kind, |item| text(item).map(Value::String)),
        Kind::Ints => list(value, kind, |item| int(item).map(Value::from)),
        Kind::TextMap => map(value, kind, |item| text(item).map(Value::String)),
        Kind::TextsMap => {
            map(value, kind, |item| list(item, Kind::Texts, |item| text(item).map(Value::String)).ok())
        }
        Kind::FreeMap => map(value, kind, |item| Some(free::value(item))),
    }
}

fn list(value: &Hcl, kind: Kind, item: impl Fn(&Hcl) -> Option<Value>) -> Result<Value, Problem> {
    let Hcl::List(items) = value else { return Err(mismatch(value, kind)) };
    let inner =
        |wrong: &Hcl| Problem { got: format!("a list with {}", describe(wrong)), ..mismatch(value, kind) };
    items.iter().map(|each| item(each).ok_or_else(|| inner(each))).collect()
}

fn map(value: &Hcl, kind: Kind, item: impl Fn(&Hcl) -> Option<Value>) -> Result<Value, Problem> {
    let Hcl::Map(entries) = value else { return Err(mismatch(value, kind)) };
    let inner = |key: &str, wrong: &Hcl| Problem {
        got: format!("a map whose `{key}` is {}", describe(wrong)),
        ..mismatch(value, kind)
    };
    let present = entries.iter().filter(|(_, entry)| *entry != Hcl::Null);
    let members: Result<Map<String, Value>, Problem> = present
        .map(|(key, entry)| item(entry).map(|read| (key.clone(), read)).ok_or_else(|| inner(key, entry)))
        .collect();
    members.map(Value::Object)
}

/// One entry of a map that is written as a block.
pub(super) fn entry(attribute: &Attribute, kind: Kind, found: &mut Vec<Diagnostic>) -> Option<Value> {
    let item = match kind {
        Kind::TextMap => Kind::Text,
        Kind::TextsMap => Kind::Texts,
        _ => return Some(free::value(&attribute.value)),
    };
    read(attribute, item, found)
}

fn text(value: &Hcl) -> Option<String> {
    match value {
        Hcl::String(text) => Some(text.clone()),
        Hcl::Number(number) => Some(number.to_string()),
        Hcl::Bool(value) => Some(value.to_string()),
        Hcl::Null | Hcl::List(_) | Hcl::Map(_) => None,
    }
}

fn int(value: &Hcl) -> Option<i64> {
    match value {
        Hcl::Number(number) => number.as_i64(),
        Hcl::String(text) => Number::parse(text)?.as_i64(),
        _ => None,
    }
}

fn bool(value: &Hcl) -> Option<bool> {
    match value {
        Hcl::Bool(value) => Some(*value),
        Hcl::String(text) => match text.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn duration(value: &Hcl) -> Option<i64> {
    match value {
        Hcl::Number(nanos) => nanos.as_i64(),
        Hcl::String(text) => duration::parse(text).ok().map(|nanos| nanos.0),
        _ => None,
    }
}
