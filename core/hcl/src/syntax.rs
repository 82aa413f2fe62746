//! From text to the syntax tree of `hcl-edit`, with what its parser leaves out: a byte order mark is skipped, a line
//! break inside a quoted string is refused, and a brace that is never closed is named where it was opened.

mod scan;
pub(crate) mod unescape;

use hcl_edit::expr::Expression;
use hcl_edit::parser;
use hcl_edit::structure::Body;

use crate::diagnostic::Diagnostic;
use crate::source::{BYTE_ORDER_MARK, Source, Span};

/// The longest text that is read at all.
const MAX_BYTES: usize = 16 << 20;

/// Parses a whole file.
pub(crate) fn parse(source: &Source) -> Result<Body, Diagnostic> {
    check_length(source)?;
    let text = without_byte_order_mark(&source.text);
    let scanned = scan::scan(&text);
    if let Some(open) = scanned.broken_string {
        return Err(Diagnostic::at(
            open,
            "this string is not closed on its line",
            "close it with `\"`, or write a text of several lines as a heredoc: `<<EOF`",
        ));
    }
    if let Some(open) = scanned.crowded {
        let place = Span::new(open, open + 1);
        return Err(Diagnostic::at(
            place,
            "the maps of this file have too many entries",
            "keep maps below 10,000 lines",
        ));
    }
    parser::parse_body(&text).map_err(|error| explain(&text, &error, scanned.unclosed))
}

/// Parses a single expression, such as the raw text of a variable.
pub(crate) fn parse_expression(source: &Source) -> Result<Expression, Diagnostic> {
    check_length(source)?;
    if scan::scan(&source.text).crowded.is_some() {
        return Err(Diagnostic::nowhere("this value has too many entries", "keep maps below 10,000 lines"));
    }
    parser::parse_expr(source.text.trim()).map_err(|error| explain(&source.text, &error, None))
}

fn check_length(source: &Source) -> Result<(), Diagnostic> {
    if source.text.len() <= MAX_BYTES {
        return Ok(());
    }
    Err(Diagnostic::nowhere(format!("{}: the file is larger than 16 MiB", source.name), "split it"))
}

/// Blanks of the same length, so that every offset keeps its meaning.
fn without_byte_order_mark(text: &str) -> std::borrow::Cow<'_, str> {
    match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) => format!("{}{rest}", " ".repeat(BYTE_ORDER_MARK.len_utf8())).into(),
        None => text.into(),
    }
}

fn explain(text: &str, error: &parser::Error, unclosed: Option<Unclosed>) -> Diagnostic {
    let offset = error.location().offset();
    let at_end = text.get(offset..).is_none_or(|rest| rest.trim().len() <= 1);
    if let (true, Some(unclosed)) = (at_end, unclosed) {
        return unclosed.diagnostic(text);
    }
    let rest = text.get(offset..).unwrap_or("");
    let end = offset + rest.chars().next().map_or(0, char::len_utf8);
    let found = match rest.chars().next() {
        None => "the end of the text".to_owned(),
        Some('\n' | '\r') => "the end of the line".to_owned(),
        Some(ch) => format!("`{ch}`"),
    };
    let message = error.message().replace('\n', " ");
    Diagnostic::at(Span::new(offset, end), format!("the syntax is wrong at {found}"), message)
}

/// A bracket without its counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unclosed {
    pub at: usize,
    pub bracket: char,
    /// How many are open in all.
    pub count: usize,
}

impl Unclosed {
    pub const fn closing(bracket: char) -> char {
        match bracket {
            '[' => ']',
            '(' => ')',
            _ => '}',
        }
    }

    fn diagnostic(self, text: &str) -> Diagnostic {
        let close = Self::closing(self.bracket);
        let more = match self.count {
            0 | 1 => String::new(),
            count => format!(" ({count} brackets are open in all)"),
        };
        let line = text.get(..self.at).unwrap_or("").matches('\n').count() + 1;
        Diagnostic::at(
            Span::new(self.at, self.at + self.bracket.len_utf8()),
            format!("the `{}` opened on line {line} is never closed", self.bracket),
            format!("add the missing `{close}`{more}"),
        )
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn message(text: &str) -> String {
        let source = Source::new("job.hcl", text);
        parse(&source).unwrap_err().render(&source)
    }

    #[test]
    fn a_brace_that_is_never_closed_is_named_where_it_was_opened() {
        let said = message("job \"a\" {\n  group \"b\" {\n    count = 1\n  }\n");
        assert_eq!(said, "job.hcl:1:9: the `{` opened on line 1 is never closed; add the missing `}`");
    }

    #[test]
    fn a_line_break_in_a_quoted_string_is_refused_where_the_string_began() {
        let said = message("a = 1\nb = \"x\ny\"\n");
        assert!(said.starts_with("job.hcl:2:5: this string is not closed"), "{said}");
    }

    #[test]
    fn a_byte_order_mark_is_skipped_and_places_stay_right() {
        assert!(parse(&Source::new("a", "\u{feff}a = 1\n")).is_ok());
        assert!(message("\u{feff}a = = 1\n").starts_with("job.hcl:1:5:"), "{}", message("\u{feff}a = = 1\n"));
    }

    #[test]
    fn what_was_expected_is_said() {
        let said = message("job \"a\" { region = \"x\" datacenters = [] }\n");
        assert!(said.contains("expected `}`"), "{said}");
    }
}
