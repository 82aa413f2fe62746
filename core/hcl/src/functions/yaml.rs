//! YAML. Written by hand on the way out, because the form is fixed: keys sorted, strings in double quotes or, where
//! they have several lines, as literal blocks. Read by a library within limits on nodes, depth and aliases.

use super::call::{Call, Function, Out, Refusal};
use super::encoding::{encode_json, from_json};
use crate::eval::{Val, by_key};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("yamldecode", "yamldecode(string)", 1, 1, yamldecode),
    Function::new("yamlencode", "yamlencode(value)", 1, 1, yamlencode),
];

/// The longest YAML that is read.
const MAX_BYTES: usize = 4 << 20;

fn yamldecode(call: &Call<'_>) -> Out {
    let text = call.text(0)?;
    if text.len() > MAX_BYTES {
        return Err(Refusal::of(0, "the YAML is larger than 4 MiB"));
    }
    call.spend(500)?;
    call.spend_bytes(text.len().saturating_mul(8))?;
    let options = serde_saphyr::options! {
        strict_booleans: true,
        with_snippet: false,
        budget: serde_saphyr::budget! { max_nodes: 50_000, max_depth: 64, max_documents: 1 },
    };
    let value: Result<serde_json::Value, _> = serde_saphyr::from_str_with_options(&text, options);
    let value = value.map_err(|error| {
        let why = error.to_string();
        Refusal::of(0, format!("this is not YAML: {}", why.lines().next().unwrap_or("")))
    })?;
    from_json(value).map_err(|why| Refusal::of(0, format!("this cannot be read: {why}")))
}

fn yamlencode(call: &Call<'_>) -> Out {
    call.spend(call.arg(0).weight())?;
    let mut text = String::new();
    write(call.arg(0), 0, &mut text, call)?;
    call.say(text)
}

/// Writes a value behind whatever introduces it, up to and with a line break.
fn write(value: &Val, indent: usize, out: &mut String, call: &Call<'_>) -> Result<(), Refusal> {
    match value {
        Val::List(items) | Val::Set(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                margin(at, indent, out, call)?;
                out.push_str("- ");
                write(item, indent + 2, out, call)?;
            }
        }
        Val::Map(entries) if !entries.is_empty() => {
            for (at, (key, value)) in by_key(entries).into_iter().enumerate() {
                margin(at, indent, out, call)?;
                encode_json(&Val::Str(key.to_owned()), out);
                out.push(':');
                write_entry(value, indent, out, call)?;
            }
        }
        Val::Str(text) if is_block(text) => write_block(text, indent, out, call)?,
        plain => {
            encode_json(plain, out);
            out.push('\n');
        }
    }
    Ok(())
}

/// Lists stand at the margin of their key, maps two further in, everything else on its line.
fn write_entry(value: &Val, indent: usize, out: &mut String, call: &Call<'_>) -> Result<(), Refusal> {
    match value {
        Val::List(items) | Val::Set(items) if !items.is_empty() => {
            out.push('\n');
            spaces(indent, out, call)?;
            write(value, indent, out, call)
        }
        Val::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            spaces(indent + 2, out, call)?;
            write(value, indent + 2, out, call)
        }
        Val::Str(text) if is_block(text) => {
            out.push(' ');
            write_block(text, indent + 2, out, call)
        }
        plain => {
            out.push(' ');
            write(plain, indent, out, call)
        }
    }
}

/// The first entry stands behind what introduces it, the others at the margin.
fn margin(at: usize, indent: usize, out: &mut String, call: &Call<'_>) -> Result<(), Refusal> {
    if at == 0 { Ok(()) } else { spaces(indent, out, call) }
}

fn spaces(count: usize, out: &mut String, call: &Call<'_>) -> Result<(), Refusal> {
    call.spend_bytes(count)?;
    out.extend(std::iter::repeat_n(' ', count));
    Ok(())
}

/// Whether a text of several lines survives being written as a literal block.
fn is_block(text: &str) -> bool {
    let printable = |ch: char| ch == '\n' || ch == '\t' || !ch.is_control();
    text.contains('\n')
        && text.chars().all(printable)
        && !text.starts_with([' ', '\t', '\n'])
        && !text.lines().any(|line| line.ends_with([' ', '\t']))
        && !text.contains(['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}'])
}

fn write_block(text: &str, indent: usize, out: &mut String, call: &Call<'_>) -> Result<(), Refusal> {
    let indent = indent.max(2);
    let kept = text.len() - text.trim_end_matches('\n').len();
    out.push_str(match kept {
        0 => "|-\n",
        1 => "|\n",
        _ => "|+\n",
    });
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            spaces(indent, out, call)?;
            out.push_str(line);
        }
        out.push('\n');
    }
    Ok(())
}
