//! Base64, JSON, CSV and URL encoding.

mod json;

pub(crate) use json::decode as decode_json;
pub(super) use json::{encode as encode_json, from_json};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::call::{Call, Function, Out, Refusal};
use crate::eval::{MapBuilder, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("base64decode", "base64decode(string)", 1, 1, base64decode),
    Function::new("base64encode", "base64encode(string)", 1, 1, base64encode),
    Function::new("csvdecode", "csvdecode(string)", 1, 1, csvdecode),
    Function::new("jsondecode", "jsondecode(string)", 1, 1, jsondecode),
    Function::new("jsonencode", "jsonencode(value)", 1, 1, jsonencode),
    Function::new("urlencode", "urlencode(string)", 1, 1, urlencode),
];

fn base64decode(call: &Call<'_>) -> Out {
    let bytes = STANDARD
        .decode(call.text(0)?)
        .map_err(|error| Refusal::of(0, format!("this is not base64: {error}")))?;
    let text =
        String::from_utf8(bytes).map_err(|_| Refusal::of(0, "the decoded bytes are not text in UTF-8"))?;
    call.say(text)
}

fn base64encode(call: &Call<'_>) -> Out {
    call.say(STANDARD.encode(call.text(0)?))
}

fn jsondecode(call: &Call<'_>) -> Out {
    let text = call.text(0)?;
    call.spend_bytes(text.len().saturating_mul(4))?;
    json::decode(&text).map_err(|why| Refusal::of(0, format!("this is not JSON: {why}")))
}

fn jsonencode(call: &Call<'_>) -> Out {
    call.spend(call.arg(0).weight())?;
    let mut text = String::new();
    json::encode(call.arg(0), &mut text);
    call.say(text)
}

/// As in a query string: a blank becomes `+`.
fn urlencode(call: &Call<'_>) -> Out {
    let mut out = String::new();
    for byte in call.text(0)?.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    call.say(out)
}

/// The first row names the columns; each further row becomes a map.
fn csvdecode(call: &Call<'_>) -> Out {
    let text = call.text(0)?;
    call.spend_bytes(text.len())?;
    let mut rows = csv_rows(&text)
        .ok_or_else(|| Refusal::of(0, "a `\"` of the CSV is not closed or in a wrong place"))?
        .into_iter();
    let header = rows.next().ok_or_else(|| Refusal::of(0, "the CSV has no header row"))?;
    let mut maps = Vec::new();
    for row in rows {
        if row.len() != header.len() {
            let why = format!(
                "row {} has {} fields, but the header has {}",
                maps.len() + 2,
                row.len(),
                header.len()
            );
            return Err(Refusal::of(0, why));
        }
        call.spend(header.iter().map(|name| name.len() as u64 / 8 + 2).sum())?;
        let mut map = MapBuilder::default();
        header.iter().zip(row).for_each(|(name, field)| map.put(name.clone(), Val::Str(field)));
        maps.push(map.build());
    }
    Ok(Val::List(maps))
}

/// RFC 4180; empty lines are skipped.
fn csv_rows(text: &str) -> Option<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let line_end = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n'));
        if let Some(after) = line_end {
            rest = after;
            continue;
        }
        let mut row = Vec::new();
        loop {
            let (field, after) = csv_field(rest)?;
            row.push(field);
            match after.strip_prefix(',') {
                Some(after) => rest = after,
                None => {
                    rest = after.strip_prefix("\r\n").or_else(|| after.strip_prefix('\n')).unwrap_or(after);
                    break;
                }
            }
        }
        rows.push(row);
    }
    Some(rows)
}

fn csv_field(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find([',', '\n']).unwrap_or(text.len());
        let (field, after) = text.split_at(end);
        let (field, after) = match field.strip_suffix('\r') {
            Some(field) if !after.starts_with(',') => (field, after),
            _ => (field, after),
        };
        return (!field.contains('"')).then(|| (field.to_owned(), after));
    };
    let mut field = String::new();
    loop {
        let (before, after) = rest.split_once('"')?;
        field.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None => {
                let ends = after.is_empty() || after.starts_with([',', '\n']) || after.starts_with("\r\n");
                return ends.then_some((field, after));
            }
        }
    }
}
