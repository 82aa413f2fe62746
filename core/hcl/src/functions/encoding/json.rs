//! JSON to and from values. Written by hand on the way out, because keys must come sorted and `<`, `>` and `&`
//! escaped, as HCL writes them.

use std::fmt::Write as _;

use crate::eval::{MapBuilder, Val, by_key};
use crate::number::Number;

/// Reads JSON; its parser bounds the depth.
pub(crate) fn decode(text: &str) -> Result<Val, String> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    from_json(value)
}

pub(in crate::functions) fn from_json(value: serde_json::Value) -> Result<Val, String> {
    Ok(match value {
        serde_json::Value::Null => Val::Null,
        serde_json::Value::Bool(value) => Val::Bool(value),
        serde_json::Value::Number(number) => {
            let number = Number::parse(&number.to_string());
            Val::Num(number.ok_or("a number is out of range")?)
        }
        serde_json::Value::String(text) => Val::Str(text),
        serde_json::Value::Array(items) => {
            Val::List(items.into_iter().map(from_json).collect::<Result<_, _>>()?)
        }
        serde_json::Value::Object(entries) => {
            let mut map = MapBuilder::default();
            for (key, value) in entries {
                map.put(key, from_json(value)?);
            }
            map.build()
        }
    })
}

pub(in crate::functions) fn encode(value: &Val, out: &mut String) {
    match value {
        Val::Null => out.push_str("null"),
        Val::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Val::Num(number) => out.push_str(&number.to_string()),
        Val::Str(text) => string(text, out),
        Val::List(items) | Val::Set(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                comma(at, out);
                encode(item, out);
            }
            out.push(']');
        }
        Val::Map(entries) => {
            out.push('{');
            for (at, (key, value)) in by_key(entries).into_iter().enumerate() {
                comma(at, out);
                string(key, out);
                out.push(':');
                encode(value, out);
            }
            out.push('}');
        }
    }
}

fn comma(at: usize, out: &mut String) {
    if at > 0 {
        out.push(',');
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for ch in text.chars() {
        match ch {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(ch));
            }
            _ => out.push(ch),
        }
    }
    out.push('"');
}
