//! What is wrong with a text, where, and how to mend it.

use crate::source::{Source, Span};

/// One finding. `summary` says what is wrong, `detail` what was expected and how to mend it.
///
/// Without a span the finding does not lie in the source it was evaluated with; where it lies in another file (a
/// file of variables), `summary` begins with that file's name, line and column.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{summary}; {detail}")]
pub struct Diagnostic {
    pub span: Option<Span>,
    pub summary: String,
    pub detail: String,
    pub(crate) unclosed: bool,
}

impl Diagnostic {
    /// A finding about blocks that stay open at the end of the text.
    pub(crate) fn unclosed(span: Span, summary: String, detail: &str) -> Self {
        Self { unclosed: true, ..Self::at(span, summary, detail) }
    }

    /// Whether blocks stay open at the end of the text: where a brace is missing, only what stands where can tell.
    #[must_use]
    pub const fn is_unclosed(&self) -> bool {
        self.unclosed
    }

    pub fn at(span: impl Into<Span>, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { span: Some(span.into()), summary: summary.into(), detail: detail.into(), unclosed: false }
    }

    pub fn nowhere(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { span: None, summary: summary.into(), detail: detail.into(), unclosed: false }
    }

    /// As [`render`](Self::render), followed by the line of the text and a caret below the place.
    ///
    /// ```text
    /// job.hcl:2:3: unknown attribute `regoin` in `job`; did you mean `region`?
    ///   2 |   regoin = "eu"
    ///     |   ^^^^^^
    /// ```
    #[must_use]
    pub fn explain(&self, source: &Source) -> String {
        let Some(span) = self.span else { return self.render(source) };
        let at = source.position(span.start);
        let line = source.line_around(span.start);
        let number = at.line.to_string();
        let margin = " ".repeat(number.len());
        let (excerpt, column) = excerpt(line, at.column);
        let marked = source.slice(span).lines().next().unwrap_or("").chars().count();
        let room = excerpt.chars().count().saturating_sub(column - 1);
        let caret = "^".repeat(marked.min(room).max(1));
        let indent: String =
            excerpt.chars().take(column - 1).map(|ch| if ch == '\t' { '\t' } else { ' ' }).collect();
        format!("{}\n  {number} | {excerpt}\n  {margin} | {indent}{caret}", self.render(source))
    }

    /// `file:line:col: summary; detail`
    #[must_use]
    pub fn render(&self, source: &Source) -> String {
        let text = if self.detail.is_empty() { self.summary.clone() } else { self.to_string() };
        match self.span {
            Some(span) => {
                let at = source.position(span.start);
                format!("{}:{}:{}: {text}", source.name, at.line, at.column)
            }
            None => text,
        }
    }
}

/// A line cut around a column to what fits a terminal; gives the column within the cut.
fn excerpt(line: &str, column: usize) -> (String, usize) {
    const WIDEST: usize = 120;
    const BEFORE: usize = 60;
    let skip = if column > WIDEST { column - 1 - BEFORE } else { 0 };
    let mut text: String = line
        .chars()
        .skip(skip)
        .take(WIDEST)
        .map(|ch| if ch.is_control() && ch != '\t' { '\u{fffd}' } else { ch })
        .collect();
    if line.chars().nth(skip + WIDEST).is_some() {
        text.push('…');
    }
    if skip == 0 { (text, column) } else { (format!("…{text}"), column - skip + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_shown_with_a_caret_below_the_place() {
        let source = Source::new("a.hcl", "\u{feff}x = 1\n\tü = nope()\n");
        let at = source.text.find("nope").unwrap_or(0);
        let said = Diagnostic::at(Span::new(at, at + 6), "what", "how").explain(&source);
        assert_eq!(said, "a.hcl:2:6: what; how\n  2 | \tü = nope()\n    | \t    ^^^^^^");
        let first = Diagnostic::at(Span::new(3, 4), "what", "").explain(&source);
        assert_eq!(first, "a.hcl:1:1: what\n  1 | x = 1\n    | ^");
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let source = Source::new("a", format!("{}!{}", "x".repeat(1000), "y".repeat(1000)));
        let said = Diagnostic::at(Span::new(1000, 1001), "w", "").explain(&source);
        let lines: Vec<&str> = said.lines().collect();
        let column = lines[2].chars().position(|ch| ch == '^');
        assert_eq!(column.and_then(|at| lines[1].chars().nth(at)), Some('!'), "{said}");
        assert!(lines[1].chars().count() < 140, "{said}");
    }

    #[test]
    fn the_end_of_the_text_and_places_beyond_are_no_trouble() {
        for text in ["", "a", "a\n", "ä"] {
            let source = Source::new("a", text);
            for at in 0..5 {
                let _ = Diagnostic::at(Span::new(at, at + 1), "w", "").explain(&source);
            }
        }
    }
}
