//! A look at the whole text before it is parsed: strings, heredocs and brackets that stay open, and what would take
//! the parser too long. It never refuses what the parser may accept.

mod level;

pub(super) use self::level::Levels;

use self::level::Level;
use super::token::{Frame, Holds, Kind, Token, Tokens};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// Findings beyond this many are left for the next run.
const MOST: usize = 20;

/// Brackets, strings and heredocs within each other; more than any parser behind this one accepts.
const DEEPEST: usize = 400;

/// The parser compares each key of a map with all keys before it; this bounds the sum of the squares.
const MOST_COMPARED: u64 = 100_000_000;

#[derive(Debug, Default)]
pub(super) struct Scanned {
    pub found: Vec<Diagnostic>,
    /// Whether the structure is so wrong that parsing would only add confusion.
    pub hopeless: bool,
}

pub(super) fn scan(text: &str) -> Scanned {
    let mut scanner = Scanner {
        text,
        levels: Levels::default(),
        compared: 0,
        after_dot: false,
        result: Scanned::default(),
    };
    let mut tokens = Tokens::new(text);
    while let Some(token) = tokens.next() {
        scanner.step(token, &tokens);
        if scanner.result.hopeless || scanner.result.found.len() >= MOST {
            return scanner.result;
        }
    }
    scanner.end(&tokens.open);
    scanner.result
}

struct Scanner<'t> {
    text: &'t str,
    levels: Levels,
    compared: u64,
    after_dot: bool,
    result: Scanned,
}

impl Scanner<'_> {
    fn step(&mut self, token: Token, tokens: &Tokens<'_>) {
        for frame in &tokens.forced {
            self.forced(frame, token.span);
        }
        self.levels.step(token, tokens.open.len());
        let dot = token.kind == Kind::Sign && self.slice(token.span) == ".";
        let after_dot = std::mem::replace(&mut self.after_dot, dot);
        match token.kind {
            Kind::Surplus => self.surplus(token.span),
            Kind::Newline => self.count_entry(),
            Kind::Sign if self.slice(token.span) == "," => self.count_entry(),
            Kind::Open(_) | Kind::Quote | Kind::Heredoc if tokens.open.len() > DEEPEST => {
                self.fail(
                    token.span,
                    "this is nested too deeply",
                    "flatten it: blocks and brackets may nest 64 levels deep",
                );
            }
            Kind::Number if after_dot && self.slice(token.span).contains('.') => {
                self.add(
                    token.span,
                    "this reads as a number and not as two indexes",
                    "write `[0][1]` instead of `.0.1`",
                );
            }
            Kind::HeredocEnd | Kind::BlockComment => self.after_end(token),
            _ => {}
        }
    }

    fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or("")
    }

    fn add(&mut self, span: Span, summary: impl Into<String>, detail: impl Into<String>) {
        self.result.found.push(Diagnostic::at(span, summary, detail));
    }

    fn fail(&mut self, span: Span, summary: impl Into<String>, detail: impl Into<String>) {
        self.result.hopeless = true;
        self.add(span, summary, detail);
    }

    fn surplus(&mut self, span: Span) {
        let bracket = self.slice(span).to_owned();
        self.add(
            span,
            format!("this `{bracket}` closes nothing"),
            "remove it, or look above for a block that is closed too early",
        );
    }

    /// A string that its line's end closes, or a bracket that a later one of another kind does.
    fn forced(&mut self, frame: &Frame, by: Span) {
        let Holds::Bracket(bracket) = frame.holds else {
            return self.add(
                Span::new(frame.at, by.start),
                "this string is not closed on its line",
                "close it with `\"`, or write a text of several lines as a heredoc: `<<EOF`",
            );
        };
        let closer = self.slice(by).to_owned();
        let summary = format!("the `{}` opened here meets `{closer}` first", bracket.open());
        let detail = format!("add the missing `{}` before it", bracket.close());
        self.add(Span::new(frame.at, frame.at + 1), summary, detail);
    }

    /// Counts one more entry of the map around here.
    fn count_entry(&mut self) {
        let Some(Level { at, entries: Some(entries), .. }) = self.levels.last_mut() else { return };
        *entries += 1;
        let (at, entries) = (*at, *entries);
        self.compared += entries * 2;
        if self.compared > MOST_COMPARED {
            self.fail(
                Span::new(at, at + 1),
                "the maps of this file have too many entries",
                "keep maps below 10,000 lines",
            );
        }
    }

    /// What must not stand behind the end of a heredoc or comment.
    fn after_end(&mut self, token: Token) {
        let rest = self.text.get(token.span.end..).unwrap_or("");
        match token.kind {
            Kind::BlockComment
                if !self.slice(token.span).ends_with("*/") || token.span.end - token.span.start < 4 =>
            {
                let span = Span::new(token.span.start, token.span.start + 2);
                self.fail(span, "this comment is never closed", "close it with `*/`");
            }
            Kind::HeredocEnd if !rest.trim_start_matches([' ', '\t', '\r']).starts_with('\n') => {
                let name = self.slice(token.span).trim().to_owned();
                let detail = match rest.is_empty() {
                    true => "end the file with a line break".to_owned(),
                    false => format!(
                        "move the rest to the next line; a line of the text that begins with `{name}` needs another name for the heredoc"
                    ),
                };
                let summary = format!("the line that ends a heredoc holds nothing but its name `{name}`");
                self.fail(token.span, summary, detail);
            }
            _ => {}
        }
    }

    /// What is still open at the end.
    fn end(&mut self, open: &[Frame]) {
        if let Some((frame, name)) = open.iter().find_map(|frame| match frame.holds {
            Holds::Heredoc(name) => Some((frame, name)),
            _ => None,
        }) {
            let name_text = self.slice(name).to_owned();
            self.fail(
                Span::new(frame.at, name.end),
                format!("the heredoc `{name_text}` is never ended"),
                format!("end it with a line that holds only `{name_text}`"),
            );
        } else if let Some(frame) = open.iter().find(|frame| frame.holds == Holds::String) {
            self.fail(Span::new(frame.at, frame.at + 1), "this string is never closed", "close it with `\"`");
        } else if !open.is_empty() {
            self.result.hopeless = true;
            let found = self.levels.unclosed(self.text, open);
            self.result.found.push(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summaries(text: &str) -> Vec<String> {
        scan(text).found.into_iter().map(|one| one.summary).collect()
    }

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
            assert_eq!(summaries(text), [] as [&str; 0], "{text:?}");
        }
    }

    #[test]
    fn a_heredoc_ends_only_at_its_own_name() {
        let text = "a = <<-EOT\n  EOTX\n  {\n  EOT\nb {";
        assert_eq!(summaries(text), ["the block `b` is never closed"]);
        assert_eq!(summaries("a = <<E\nx\n"), ["the heredoc `E` is never ended"]);
        let behind = ["the line that ends a heredoc holds nothing but its name `E`"];
        assert_eq!(summaries("a = <<E\nx\nE"), behind);
        assert_eq!(summaries("a = [<<E\nx\nE]\n"), behind);
    }

    #[test]
    fn large_maps_are_refused_and_large_blocks_are_not() {
        let entries = "a = 1\n".repeat(20_000);
        let crowded =
            |text: String| scan(&text).found.first().and_then(|one| one.span).map(|span| span.start);
        assert_eq!(crowded(format!("x = {{\n{entries}}}")), Some(4));
        assert_eq!(crowded(format!("x = [for k in {{\n{entries}}} : k]")), Some(14));
        assert_eq!(crowded(format!("x = <<E\n${{ {{\n{entries}}} }}\nE\n")), Some(11));
        assert_eq!(crowded(format!("x = <<E\n${{a}}\n{entries}\nE\n")), None);
        assert_eq!(crowded(format!("x \"l\" {{\n{entries}}}")), None);
        assert_eq!(crowded(format!("x = {{\n{}}}", "a = 1\n".repeat(5_000))), None);
    }

    #[test]
    fn every_open_string_and_every_stray_bracket_is_told() {
        let text = "a = \"x\nb = [1, 2\nc = \"y\n}\n";
        assert_eq!(scan("a = \"x${\n1\n}y\"").found, []);
        let broken = "this string is not closed on its line";
        assert_eq!(summaries("a = \"x\nb = 1\nc = \"y\n"), [broken, broken]);
        assert_eq!(scan("a = \"x${1}\ny\"").found[0].span, Some(Span::new(4, 10)));
        assert_eq!(summaries("a = 1\n}\n"), ["this `}` closes nothing"]);
        assert_eq!(summaries("a {\n  b = [1, 2\n}\n"), ["the `[` opened here meets `}` first"]);
        assert_eq!(summaries(text).len(), 4, "{:?}", summaries(text));
    }
}
