//! A text with its name, and places in it.

use std::ops::Range;

/// The byte order mark some editors write; it is not part of the text.
pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';

/// A file's name, as messages print it, and its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    pub name: String,
    pub text: String,
}

/// A range of bytes in a [`Source`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// Where a byte is for a human reader: both count from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Source {
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The line and column of a byte offset; an offset beyond the end is the end.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = self.text.get(..offset).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let in_line = before.get(line_start..).unwrap_or("").trim_start_matches(BYTE_ORDER_MARK);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Position { line, column: in_line.chars().count() + 1 }
    }

    /// The line around a byte offset, without its break.
    #[must_use]
    pub fn line_around(&self, offset: usize) -> &str {
        let offset = offset.min(self.text.len());
        let start = self
            .text
            .as_bytes()
            .get(..offset)
            .and_then(|before| before.iter().rposition(|byte| *byte == b'\n'));
        let rest = self.text.get(start.map_or(0, |at| at + 1)..).unwrap_or("");
        rest.lines().next().unwrap_or("").trim_start_matches(BYTE_ORDER_MARK)
    }

    /// The text of a span, or nothing where the span does not fit the text.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or("")
    }
}

impl Span {
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_not_bytes() {
        let source = Source::new("a", "äö x\ny");
        assert_eq!(source.position(5), Position { line: 1, column: 4 });
        assert_eq!(source.position(7), Position { line: 2, column: 1 });
        assert_eq!(source.position(99), Position { line: 2, column: 2 });
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        assert_eq!(Source::new("a", "\u{feff}x").position(3), Position { line: 1, column: 1 });
    }
}
