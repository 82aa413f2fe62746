//! One error is all the parser tells. So the statement around it is blanked out and the rest is parsed again, until
//! nothing is wrong or enough was said.

use std::borrow::Cow;

use hcl_edit::parser;
use hcl_edit::structure::Body;

use super::scan::Levels;
use super::token::{Kind, Tokens};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Findings beyond this many are left for the next run.
const MOST: usize = 20;

/// How many bytes all attempts together may read again.
const MOST_BYTES: usize = 32 << 20;

/// Parses a text; `found` is what is known to be wrong with it already.
pub(super) fn parse(text: Cow<'_, str>, mut found: Vec<Diagnostic>) -> Result<Body, Vec<Diagnostic>> {
    let mut text = text;
    for span in found.iter().filter_map(|one| one.span).collect::<Vec<_>>() {
        text = blank(text, span.start);
    }
    let mut again = MOST_BYTES;
    loop {
        let error = match parser::parse_body(&text) {
            Ok(body) if found.is_empty() => return Ok(body),
            Ok(_) => break,
            Err(error) => error,
        };
        let at = error.location().offset();
        found.push(explain(&text, &error));
        again = again.saturating_sub(text.len());
        let blanked = blank(text, at);
        let gone = blanked.get(at..).is_none_or(|rest| rest.trim_start().is_empty());
        if again == 0 || found.len() >= MOST || gone {
            break;
        }
        text = blanked;
    }
    found.sort_by_key(|one| one.span.map_or(0, |span| span.start));
    found.dedup_by_key(|one| one.span);
    Err(found)
}

/// Blanks the statement at a place, leaving line breaks where they are.
fn blank(text: Cow<'_, str>, at: usize) -> Cow<'_, str> {
    let span = statement(&text, at);
    let (Some(before), Some(inside), Some(after)) =
        (text.get(..span.start), text.get(span.start..span.end), text.get(span.end..))
    else {
        return text;
    };
    let mut out = String::with_capacity(text.len());
    out.push_str(before);
    for byte in inside.bytes() {
        out.push(if byte == b'\n' { '\n' } else { ' ' });
    }
    out.push_str(after);
    out.into()
}

/// The innermost statement around a place; where none is, the rest of the line.
fn statement(text: &str, at: usize) -> Span {
    let mut levels = Levels::default();
    let mut tokens = Tokens::new(text);
    let mut found: Option<(usize, usize)> = None;
    while let Some(token) = tokens.next() {
        let Some((start, depth)) = found else {
            levels.step(token, tokens.open.len());
            if token.span.end > at {
                let start = levels.statement().unwrap_or(at).min(at);
                found = Some((start, levels.block_depth()));
                if token.kind == Kind::Newline {
                    return Span::new(start, token.span.start);
                }
            }
            continue;
        };
        let closes = matches!(token.kind, Kind::Close(_)) && tokens.open.len() < depth;
        let ends = token.kind == Kind::Newline && tokens.open.len() <= depth;
        if closes || ends {
            return Span::new(start, token.span.start);
        }
    }
    Span::new(found.map_or(at, |(start, _)| start), text.len())
}

/// The parser's error in our words.
pub(super) fn explain(text: &str, error: &parser::Error) -> Diagnostic {
    let offset = error.location().offset();
    let rest = text.get(offset..).unwrap_or("");
    let first = rest.chars().next();
    let span = Span::new(offset, offset + first.map_or(0, char::len_utf8));
    let line_start = text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let before = text.get(line_start..offset).unwrap_or("").trim();
    if let Some(diagnostic) = known(before, rest, span) {
        return diagnostic;
    }
    let found = match first {
        None => "the end of the text".to_owned(),
        Some('\n' | '\r') => "the end of the line".to_owned(),
        Some(ch) => format!("`{ch}`"),
    };
    let message = error.message().replace('\n', " ");
    Diagnostic::at(span, format!("the syntax is wrong at {found}"), message)
}

/// Mistakes that have a name.
fn known(before: &str, rest: &str, span: Span) -> Option<Diagnostic> {
    let line = rest.lines().next().unwrap_or("");
    if before.is_empty() && rest.starts_with('"') && (line.contains("\" =") || line.contains("\"=")) {
        return Some(Diagnostic::at(
            span,
            "the name of an attribute is not quoted here",
            "write `name = …`; for keys that need quotes give the block as a map: `meta = { \"a.b\" = … }`",
        ));
    }
    if rest.starts_with('\'') {
        return Some(Diagnostic::at(span, "strings stand in double quotes", "write \"…\" instead of '…'"));
    }
    if rest.starts_with(',') && before.contains('{') && before.contains('=') {
        return Some(Diagnostic::at(
            span,
            "a block on one line holds one attribute",
            "write each on a line of its own, without commas",
        ));
    }
    if before.is_empty() && rest.starts_with(':') {
        return Some(Diagnostic::at(span, "a value is assigned with `=`", "write `name = value`"));
    }
    None
}
