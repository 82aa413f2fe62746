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
    /// The map with which the maps of the file become too many to compare all their keys.
    pub crowded: Option<usize>,
}

/// The parser compares each key of a map with all keys before it; this bounds the sum of the squares.
const MOST_COMPARED: u64 = 100_000_000;

pub(super) fn scan(text: &str) -> Scanned {
    let mut scanner =
        Scanner { text, at: 0, open: Vec::new(), broken: None, before: None, compared: 0, crowded: None };
    while scanner.broken.is_none() && scanner.crowded.is_none() && scanner.step() {}
    let unclosed = scanner.open.last().map(|open| Unclosed {
        at: open.at,
        bracket: open.bracket,
        count: scanner.open.len(),
    });
    Scanned { broken_string: scanner.broken, unclosed, crowded: scanner.crowded }
}

struct Open {
    at: usize,
    bracket: char,
    holds: Holds,
}

/// What a bracket has around it or in it.
enum Holds {
    /// A block's body: only blocks are around it.
    Block,
    /// A map, with its entries so far.
    Map(u64),
    /// Any other expression.
    Other,
    /// A template's marker: closing it returns into the quoted string.
    InString,
    /// A template's marker: closing it returns into the heredoc of this name.
    InHeredoc(String),
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    open: Vec<Open>,
    broken: Option<Span>,
    /// The last character that is not blank.
    before: Option<char>,
    compared: u64,
    crowded: Option<usize>,
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Skips one token; false at the end.
    fn step(&mut self) -> bool {
        let rest = self.rest();
        let Some(ch) = rest.chars().next() else { return false };
        match ch {
            '#' => self.skip_past("\n"),
            '/' if rest.starts_with("//") => self.skip_past("\n"),
            '\n' | ',' => self.entry(ch),
            '/' if rest.starts_with("/*") => self.skip_past("*/"),
            '"' => self.string(1),
            '<' if rest.starts_with("<<") => self.heredoc(),
            '{' | '[' | '(' => self.bracket(ch),
            '}' | ']' | ')' => self.close(ch),
            _ => self.at += ch.len_utf8(),
        }
        if !ch.is_whitespace() {
            self.before = Some(ch);
        }
        true
    }

    /// Counts one more entry of the map around here.
    fn entry(&mut self, separator: char) {
        self.at += separator.len_utf8();
        if let Some(Open { at, holds: Holds::Map(entries), .. }) = self.open.last_mut() {
            *entries += 1;
            self.compared += *entries * 2;
            if self.compared > MOST_COMPARED {
                self.crowded = Some(*at);
            }
        }
    }

    fn skip_past(&mut self, end: &str) {
        self.at = self.rest().find(end).map_or(self.text.len(), |found| self.at + found + end.len());
    }

    fn bracket(&mut self, bracket: char) {
        let among_blocks = self.open.last().is_none_or(|open| matches!(open.holds, Holds::Block));
        let after_name = self.before.is_some_and(|ch| ch == '"' || continues(ch));
        let holds = match bracket {
            '{' if among_blocks && after_name => Holds::Block,
            '{' => Holds::Map(0),
            _ => Holds::Other,
        };
        self.push(bracket, holds);
    }

    fn push(&mut self, bracket: char, holds: Holds) {
        self.open.push(Open { at: self.at, bracket, holds });
        self.at += bracket.len_utf8();
    }

    fn close(&mut self, ch: char) {
        self.at += ch.len_utf8();
        if self.open.last().is_some_and(|open| Unclosed::closing(open.bracket) == ch) {
            match self.open.pop().map(|open| open.holds) {
                Some(Holds::InString) => self.string(0),
                Some(Holds::InHeredoc(name)) => self.heredoc_text(name),
                _ => {}
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
                    return self.push('{', Holds::InString);
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
        if !self.heredoc_ends(&name) {
            self.heredoc_text(name);
        }
    }

    /// Skips the text of a heredoc up to its end or to a template marker in it.
    fn heredoc_text(&mut self, name: String) {
        while let Some(found) = self.rest().find(['\n', '$', '%']) {
            self.at += found;
            let rest = self.rest();
            if rest.starts_with("$${") || rest.starts_with("%%{") {
                self.at += 3;
            } else if rest.starts_with("${") || rest.starts_with("%{") {
                self.at += 1;
                return self.push('{', Holds::InHeredoc(name));
            } else {
                self.at += 1;
                if rest.starts_with('\n') && self.heredoc_ends(&name) {
                    return;
                }
            }
        }
        self.at = self.text.len();
    }

    /// Takes the name that ends a heredoc, if this line begins with it.
    fn heredoc_ends(&mut self, name: &str) -> bool {
        let line = self.rest().trim_start_matches([' ', '\t']);
        let ends = line.strip_prefix(name).is_some_and(|after| !after.starts_with(continues));
        if ends {
            self.at = self.text.len() - line.len() + name.len();
        }
        ends
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
            "a = <<EOF\n{ $${ \"\nEOF\n",
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
    fn large_maps_are_refused_and_large_blocks_are_not() {
        let entries = "a = 1\n".repeat(20_000);
        assert_eq!(scan(&format!("x = {{\n{entries}}}")).crowded, Some(4));
        assert_eq!(scan(&format!("x = [for k in {{\n{entries}}} : k]")).crowded, Some(14));
        assert_eq!(scan(&format!("x = <<E\n${{ {{\n{entries}}} }}\nE\n")).crowded, Some(11));
        assert_eq!(scan(&format!("x = <<E\n${{a}}\n{entries}\nE\n")).crowded, None);
        assert_eq!(scan(&format!("x \"l\" {{\n{entries}}}")).crowded, None);
        assert_eq!(scan(&format!("x = {{\n{}}}", "a = 1\n".repeat(5_000))).crowded, None);
    }

    #[test]
    fn only_quoted_text_may_not_span_lines() {
        assert_eq!(scan("a = \"x${\n1\n}y\"").broken_string, None);
        assert_eq!(scan("a = \"x${1}\ny\"").broken_string, Some(Span::new(10, 10)));
    }
}
