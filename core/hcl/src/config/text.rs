//! Quoted strings and heredocs.

use super::cursor::Cursor;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Reads a quoted string; the cursor is at its opening quote. After a refusal the cursor is past the string or at the
/// end of its line.
pub(super) fn quoted(cursor: &mut Cursor<'_>, json: bool) -> Result<String, Diagnostic> {
    let start = cursor.at;
    cursor.bump();
    let mut text = String::new();
    let mut refused = None;
    loop {
        if !json && cursor.rest().starts_with("${") {
            text.push_str(interpolation(cursor)?);
            continue;
        }
        let at = cursor.at;
        match cursor.peek() {
            None | Some('\n') => {
                let help = "close it with `\"`, or write a text of several lines as a heredoc: `<<EOF`";
                return Err(Diagnostic::at(
                    cursor.since(start),
                    "this string is not closed on its line",
                    help,
                ));
            }
            Some('"') => {
                cursor.bump();
                return refused.map_or(Ok(text), Err);
            }
            Some('\\') => match escape(cursor, json) {
                Some(ch) => text.push(ch),
                None => {
                    let help =
                        r#"write `\\` for a backslash; escapes are \n \r \t \" \\ and \u with four digits"#;
                    refused.get_or_insert(Diagnostic::at(
                        cursor.since(at),
                        "this escape means nothing",
                        help,
                    ));
                }
            },
            Some(ch) => {
                cursor.bump();
                text.push(ch);
            }
        }
    }
}

/// `${…}` as it stands, with the quotes and braces in it; it ends on its line.
fn interpolation<'t>(cursor: &mut Cursor<'t>) -> Result<&'t str, Diagnostic> {
    let (start, rest) = (cursor.at, cursor.rest());
    let mut depth = 0_usize;
    for (at, ch) in rest.char_indices() {
        match ch {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '\n' => break,
            _ => {}
        }
        if ch == '}' && depth == 0 {
            cursor.at += at + 1;
            return Ok(rest.get(..=at).unwrap_or(""));
        }
    }
    cursor.take_while(|ch| ch != '\n');
    let open = Span::new(start, start + 2);
    Err(Diagnostic::at(open, "this `${` is not closed on its line", "close it with `}`"))
}

fn escape(cursor: &mut Cursor<'_>, json: bool) -> Option<char> {
    cursor.bump();
    match cursor.peek().filter(|ch| *ch != '\n')? {
        'u' => {
            cursor.bump();
            code_unit(cursor, json)
        }
        'U' if !json => {
            cursor.bump();
            hex(cursor, 8).and_then(char::from_u32)
        }
        ch => {
            cursor.bump();
            simple(ch, json)
        }
    }
}

const fn simple(ch: char, json: bool) -> Option<char> {
    Some(match ch {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '"' | '\\' => ch,
        'b' if json => '\u{8}',
        'f' if json => '\u{c}',
        '/' if json => '/',
        _ => return None,
    })
}

/// `\uXXXX`; JSON writes characters beyond the first plane as two of them.
fn code_unit(cursor: &mut Cursor<'_>, json: bool) -> Option<char> {
    let first = hex(cursor, 4)?;
    if !(json && (0xd800..0xdc00).contains(&first) && cursor.eat("\\u")) {
        return char::from_u32(first);
    }
    let second = hex(cursor, 4).filter(|second| (0xdc00..0xe000).contains(second))?;
    char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))
}

fn hex(cursor: &mut Cursor<'_>, digits: usize) -> Option<u32> {
    let text = cursor.rest().get(..digits).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
    cursor.at += digits;
    u32::from_str_radix(text, 16).ok()
}

/// Reads `<<NAME` or `<<-NAME` up to the line that holds only the name.
pub(super) fn heredoc(cursor: &mut Cursor<'_>) -> Result<String, Diagnostic> {
    let start = cursor.at;
    cursor.eat("<<");
    let indented = cursor.eat("-");
    let name = cursor.take_while(|ch| ch.is_alphanumeric() || ch == '_');
    let intro = cursor.since(start);
    cursor.eat("\r");
    if name.is_empty() || !cursor.eat("\n") {
        return Err(Diagnostic::at(
            intro,
            "this does not begin a heredoc",
            "write `<<EOF` at the end of the line",
        ));
    }
    let mut lines: Vec<&str> = Vec::new();
    for line in cursor.rest().split_inclusive('\n') {
        if line.trim() == name {
            cursor.at += line.trim_end_matches(['\r', '\n']).len();
            return Ok(if indented { dedent(&lines) } else { lines.concat() });
        }
        cursor.at += line.len();
        lines.push(line);
    }
    Err(Diagnostic::at(intro, "this heredoc has no end", format!("add a line that holds only `{name}`")))
}

fn dedent(lines: &[&str]) -> String {
    let leading = |line: &str| line.chars().take_while(|ch| matches!(ch, ' ' | '\t')).count();
    let filled = lines.iter().filter(|line| !line.trim().is_empty());
    let indent = filled.map(|line| leading(line)).min().unwrap_or(0);
    lines.iter().map(|line| line.get(indent.min(leading(line))..).unwrap_or("")).collect()
}
