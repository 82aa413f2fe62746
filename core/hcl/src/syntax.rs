//! From text to the syntax tree of `hcl-edit`, with what its parser leaves out: a byte order mark is skipped, what is
//! never closed is named where it was opened, and one run tells of every statement that is wrong, not of the first.

mod outline;
mod recover;
mod scan;
pub(crate) mod token;
pub(crate) mod unescape;

pub use outline::outline;

use std::borrow::Cow;

use hcl_edit::expr::Expression;
use hcl_edit::parser;
use hcl_edit::structure::Body;

use crate::diagnostic::Diagnostic;
use crate::source::{BYTE_ORDER_MARK, Source};

/// The longest text that is read at all.
const MAX_BYTES: usize = 16 << 20;

/// Parses a whole file.
pub(crate) fn parse(source: &Source) -> Result<Body, Vec<Diagnostic>> {
    check_length(source).map_err(|diagnostic| vec![diagnostic])?;
    let text = without_byte_order_mark(&source.text);
    let scanned = scan::scan(&text);
    if scanned.hopeless {
        return Err(scanned.found);
    }
    recover::parse(text, scanned.found)
}

/// Parses a single expression, such as the raw text of a variable.
pub(crate) fn parse_expression(source: &Source) -> Result<Expression, Diagnostic> {
    check_length(source)?;
    if let Some(first) = scan::scan(&source.text).found.into_iter().next() {
        return Err(first);
    }
    parser::parse_expr(source.text.trim()).map_err(|error| recover::explain(&source.text, &error))
}

fn check_length(source: &Source) -> Result<(), Diagnostic> {
    if source.text.len() <= MAX_BYTES {
        return Ok(());
    }
    Err(Diagnostic::nowhere(format!("{}: the file is larger than 16 MiB", source.name), "split it"))
}

/// Blanks of the same length, so that every offset keeps its meaning.
fn without_byte_order_mark(text: &str) -> Cow<'_, str> {
    match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) => format!("{}{rest}", " ".repeat(BYTE_ORDER_MARK.len_utf8())).into(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn messages(text: &str) -> Vec<String> {
        let source = Source::new("job.hcl", text);
        parse(&source).unwrap_err().iter().map(|one| one.render(&source)).collect()
    }

    fn message(text: &str) -> String {
        messages(text).remove(0)
    }

    #[test]
    fn blocks_that_are_never_closed_are_named_with_their_lines() {
        let said = messages("job \"a\" {\n  group \"b\" {\n    count = 1\n");
        assert_eq!(
            said,
            [
                "job.hcl:2:3: 2 blocks are never closed: `group \"b\"` (line 2), `job \"a\"` (line 1); add the missing `}` of each, where the block ends"
            ]
        );
        let said = message("job \"a\" {\n  group \"b\" {\n    count = 1\n  }\n");
        assert_eq!(said, "job.hcl:1:1: the block `job \"a\"` is never closed; add the missing `}`");
        let said = message("a {\n  b = [1,\n");
        assert_eq!(
            said,
            "job.hcl:2:7: the `[` opened on line 2 is never closed; add the missing `]` (2 brackets are open in all)"
        );
    }

    #[test]
    fn every_wrong_statement_is_told_and_right_ones_are_not() {
        let text = "a = = 1\nb = 2\nc = ]\nd {\n  e = 1 2\n  f = 3\n  g \"x\" = 4\n}\nh = \"y\n";
        let said = messages(text);
        let places: Vec<_> = said.iter().map(|line| line.split(":").nth(1).unwrap()).collect();
        assert_eq!(places, ["1", "3", "5", "7", "9"], "{said:#?}");
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
        let said = message("meta {\n  \"a.b\" = 1\n}\n");
        assert!(said.contains("not quoted") && said.contains("meta = {"), "{said}");
    }
}
