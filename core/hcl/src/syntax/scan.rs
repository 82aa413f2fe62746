//! A coarse look at the text before it is parsed: which brackets and strings stay open. It knows comments, strings
//! with templates in them, and heredocs; it never refuses what the parser would accept.

use super::Unclosed;
use crate::source::Span;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scanned {
    /// The first quoted string that meets the end of its line.
    pub broken_string: Option<Span>,
    /// The innermost bracket that is open at the end.
    pub unclosed: Option<Unclosed>,
}

pub(super) fn scan(text: &str) -> Scanned {
    let mut scanner = Scanner { text, at: 0, open: Vec::new(), broken: None };
    while scanner.broken.is_none() && scanner.step() {}
    let unclosed = scanner.open.last().map(|open| Unclosed {
        at: open.at,
        bracket: open.bracket,
        count: scanner.open.len(),
    });
    Scanned { broken_string: scanner.broken, unclosed }
}

struct Open {
    at: usize,
    bracket: char,
    /// Closing it returns into a quoted string.
    in_string: bool,
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    open: Vec<Open>,
    broken: Option<Span>,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Skips one token; false at the end.
    fn step(&mut self) -> bool {
        let rest = self.rest();
        let Some(ch) = rest.chars().next() else { return false };
        match ch {
            '#' => self.skip_past("\n"),
            '/' if rest.starts_with("//") => self.skip_past("\n"),
            '/' if rest.starts_with("/*") => self.skip_past("*/"),
            '"' => self.string(1),
            '<' if rest.starts_with("<<") => self.heredoc(),
            '{' | '[' | '(' => self.push(ch, false),
            '}' | ']' | ')' => self.close(ch),
            _ => self.at += ch.len_utf8(),
        }
        true
    }

    fn skip_past(&mut self, end: &str) {
        self.at = self.rest().find(end).map_or(self.text.len(), |found| self.at + found + end.len());
    }

    fn push(&mut self, bracket: char, in_string: bool) {
        self.open.push(Open { at: self.at, bracket, in_string });
        self.at += bracket.len_utf8();
    }

    fn close(&mut self, ch: char) {
        self.at += ch.len_utf8();
        if self.open.last().is_some_and(|open| Unclosed::closing(open.bracket) == ch) {
            let closed = self.open.pop();
            if closed.is_some_and(|open| open.in_string) {
                self.string(0);
            }
        }
    }

    /// Skips the text of a quoted string up to its end or to a template marker in it.
    fn string(&mut self, opening: usize) {
        let start = self.at;
        self.at += opening;
        loop {
            let rest = self.rest();
            let Some(ch) = rest.chars().next() else { return };
            match ch {
                '\\' => self.at += 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
                '$' | '%' if rest.starts_with("$${") || rest.starts_with("%%{") => self.at += 3,
                '$' | '%' if rest.get(1..).is_some_and(|rest| rest.starts_with('{')) => {
                    self.at += 1;
                    return self.push('{', true);
                }
                '"' => {
                    self.at += 1;
                    return;
                }
                '\n' => {
                    self.broken = Some(Span::new(start, self.at));
                    return;
                }
                _ => self.at += ch.len_utf8(),
            }
        }
    }

    /// Skips `<<NAME` up to the line that ends it; what does not begin a heredoc is passed over.
    fn heredoc(&mut self) {
        self.at += 2;
        let intro = self.rest().strip_prefix('-').unwrap_or_else(|| self.rest());
        let name: String = intro.chars().take_while(|ch| continues(*ch)).collect();
        let after = intro.get(name.len()..).unwrap_or("");
        if !name.starts_with(starts) || !(after.starts_with('\n') || after.starts_with("\r\n")) {
            return;
        }
        self.skip_past("\n");
        while !self.rest().is_empty() {
            let line = self.rest().trim_start_matches([' ', '\t']);
            let ends = line.strip_prefix(name.as_str()).is_some_and(|after| !after.starts_with(continues));
            if ends {
                self.at = self.text.len() - line.len() + name.len();
                return;
            }
            self.skip_past("\n");
        }
    }
}

/// What names are made of, close enough to the parser's own rule.
fn continues(ch: char) -> bool {
    ch.is_alphanumeric() || ch == '-' || ch == '_'
}

fn starts(ch: char) -> bool {
    ch.is_alphabetic() || ch == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_texts_and_comments_do_not_count() {
        for text in [
            "# {\n",
            "/* { */",
            "a = \"{\"",
            "a = <<EOF\n{ ${ \"\nEOF\n",
            "a = \"${ {x = \"}\"}.x }\"",
            "a = 1 << 2",
        ] {
            assert_eq!(scan(text), Scanned::default(), "{text:?}");
        }
    }

    #[test]
    fn the_innermost_open_bracket_is_found() {
        let unclosed = scan("a {\n  b = [\n").unclosed;
        assert_eq!(unclosed, Some(Unclosed { at: 10, bracket: '[', count: 2 }));
    }

    #[test]
    fn a_heredoc_ends_only_at_its_own_name() {
        let text = "a = <<-EOT\n  EOTX\n  {\n  EOT\nb = {";
        assert_eq!(scan(text).unclosed.map(|open| open.at), Some(text.len() - 1));
    }

    #[test]
    fn only_quoted_text_may_not_span_lines() {
        assert_eq!(scan("a = \"x${\n1\n}y\"").broken_string, None);
        assert_eq!(scan("a = \"x${1}\ny\"").broken_string, Some(Span::new(10, 10)));
    }
}
