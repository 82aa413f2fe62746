//! A place in the text, and the small steps forward from it.

use crate::source::Span;

pub(super) struct Cursor<'t> {
    text: &'t str,
    pub at: usize,
}

impl<'t> Cursor<'t> {
    pub const fn new(text: &'t str, at: usize) -> Self {
        Self { text, at }
    }

    pub fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes the next character.
    pub fn bump(&mut self) -> Option<char> {
        let ch = self.peek()?;
        self.at += ch.len_utf8();
        Some(ch)
    }

    /// Takes this text if it is next.
    pub fn eat(&mut self, text: &str) -> bool {
        let next = self.rest().starts_with(text);
        if next {
            self.at += text.len();
        }
        next
    }

    /// Takes characters as long as they fit.
    pub fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|ch| !fits(ch)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or("")
    }

    pub const fn since(&self, start: usize) -> Span {
        Span::new(start, self.at)
    }

    /// The character here, as a place to point at.
    pub fn here(&self) -> Span {
        Span::new(self.at, self.at + self.peek().map_or(0, char::len_utf8))
    }

    /// Passes over blanks, line breaks and comments. Gives back where a comment begins that has no end.
    pub fn skip_blank(&mut self) -> Option<usize> {
        loop {
            self.take_while(char::is_whitespace);
            if self.rest().starts_with('#') || self.rest().starts_with("//") {
                self.take_while(|ch| ch != '\n');
            } else if self.rest().starts_with("/*") {
                let start = self.at;
                match self.rest().find("*/") {
                    Some(end) => self.at += end + 2,
                    None => {
                        self.at = self.text.len();
                        return Some(start);
                    }
                }
            } else {
                return None;
            }
        }
    }

    /// Gives up on the rest of the text.
    pub fn finish(&mut self) {
        self.at = self.text.len();
    }
}
