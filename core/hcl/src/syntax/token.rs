//! The text as tokens: enough structure to find what is open, where a statement ends, and how to lay lines out. No
//! text is refused here; what cannot be is a token, too, and the reader goes on behind it.
//!
//! ```text
//!   plain ──"──► quoted text ──${──► plain ──}──► quoted text ──"──► plain
//!         ──<<NAME──► heredoc text ──${──► plain ──}──► heredoc text ──NAME──► plain
//! ```
//!
//! Tokens come one at a time and hold no text, so that a reader of many megabytes needs no memory for them.

use crate::source::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Blanks and tabs.
    Space,
    /// `\n` or `\r\n`.
    Newline,
    /// From `#` or `//` up to the line's end, without it.
    LineComment,
    /// `/* … */`, closed or not.
    BlockComment,
    Name,
    Number,
    /// The `"` that opens or closes a string.
    Quote,
    /// Text within a string or heredoc.
    Text,
    /// A string that meets the end of its line; as wide as nothing.
    BrokenString,
    /// `<<NAME` and its line break.
    Heredoc,
    /// The name that closes a heredoc, with its indentation.
    HeredocEnd,
    /// `{`, `[`, `(`, and in a template `${` and `%{`.
    Open(Bracket),
    /// The counterparts.
    Close(Bracket),
    /// A closing bracket that nothing opened.
    Surplus,
    /// An operator or separator, one or more characters wide.
    Sign,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bracket {
    Brace,
    Square,
    Round,
    /// `${` or `%{` within a string or heredoc.
    Marker,
}

impl Bracket {
    pub const fn open(self) -> &'static str {
        match self {
            Self::Brace => "{",
            Self::Square => "[",
            Self::Round => "(",
            Self::Marker => "${",
        }
    }

    pub const fn close(self) -> &'static str {
        match self {
            Self::Brace | Self::Marker => "}",
            Self::Square => "]",
            Self::Round => ")",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: Kind,
    pub span: Span,
}

/// What is open at a place of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub holds: Holds,
    pub at: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    Bracket(Bracket),
    String,
    /// A heredoc and where its name stands.
    Heredoc(Span),
}

/// How far down a closing bracket looks for its counterpart; bounds the work on hostile text.
const FARTHEST: usize = 200;

/// Reads tokens from a text.
pub(crate) struct Tokens<'t> {
    pub text: &'t str,
    at: usize,
    /// What is open here, the innermost last.
    pub open: Vec<Frame>,
    /// What the last token ended although its own counterpart is missing: brackets, or a string.
    pub forced: Vec<Frame>,
}

impl<'t> Tokens<'t> {
    pub const fn new(text: &'t str) -> Self {
        Self { text, at: 0, open: Vec::new(), forced: Vec::new() }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn take(&mut self, kind: Kind, bytes: usize) -> Token {
        let start = self.at;
        self.at = (start + bytes).min(self.text.len());
        Token { kind, span: Span::new(start, self.at) }
    }

    fn plain(&mut self, ch: char) -> Token {
        let rest = self.rest();
        let run = |matches: fn(char) -> bool| rest.find(|ch| !matches(ch)).unwrap_or(rest.len());
        match ch {
            ' ' | '\t' => self.take(Kind::Space, run(|ch| matches!(ch, ' ' | '\t'))),
            '\n' => self.take(Kind::Newline, 1),
            '\r' if rest.starts_with("\r\n") => self.take(Kind::Newline, 2),
            '#' => self.take(Kind::LineComment, line(rest)),
            '/' if rest.starts_with("//") => self.take(Kind::LineComment, line(rest)),
            '/' if rest.starts_with("/*") => {
                self.take(Kind::BlockComment, rest.find("*/").map_or(rest.len(), |end| end + 2))
            }
            '"' => self.push(Holds::String, Kind::Quote, 1),
            '<' if rest.starts_with("<<") => self.heredoc(rest),
            '{' => self.bracket(Bracket::Brace, 1),
            '[' => self.bracket(Bracket::Square, 1),
            '(' => self.bracket(Bracket::Round, 1),
            '}' => self.close(Bracket::Brace, 1),
            ']' => self.close(Bracket::Square, 1),
            ')' => self.close(Bracket::Round, 1),
            '~' if rest.starts_with("~}") && self.in_marker() => self.close(Bracket::Brace, 2),
            _ if is_start(ch) => self.take(Kind::Name, run(continues)),
            _ if ch.is_ascii_digit() => self.take(Kind::Number, number(rest)),
            _ => self.take(Kind::Sign, sign(rest)),
        }
    }

    fn push(&mut self, holds: Holds, kind: Kind, bytes: usize) -> Token {
        self.open.push(Frame { holds, at: self.at });
        self.take(kind, bytes)
    }

    fn bracket(&mut self, bracket: Bracket, bytes: usize) -> Token {
        self.push(Holds::Bracket(bracket), Kind::Open(bracket), bytes)
    }

    fn in_marker(&self) -> bool {
        self.open.last().is_some_and(|frame| frame.holds == Holds::Bracket(Bracket::Marker))
    }

    /// Closes the innermost bracket that fits, and with it whatever was left open within. A brace never reaches out
    /// of a template, nor over a brace.
    fn close(&mut self, bracket: Bracket, bytes: usize) -> Token {
        let counterpart = |frame: &Frame| match &frame.holds {
            Holds::Bracket(Bracket::Marker) => bracket == Bracket::Brace,
            Holds::Bracket(open) => *open == bracket,
            Holds::String | Holds::Heredoc(_) => false,
        };
        let barrier =
            |frame: &Frame| !matches!(frame.holds, Holds::Bracket(Bracket::Square | Bracket::Round));
        for at in (0..self.open.len()).rev().take(FARTHEST) {
            let Some(frame) = self.open.get(at) else { break };
            if counterpart(frame) {
                let holds = frame.holds.clone();
                self.forced = self.open.drain(at..).skip(1).collect();
                let closed = match holds {
                    Holds::Bracket(closed) => closed,
                    _ => bracket,
                };
                return self.take(Kind::Close(closed), bytes);
            }
            if barrier(frame) {
                break;
            }
        }
        self.take(Kind::Surplus, bytes)
    }

    /// `<<NAME`, or two signs where no heredoc begins.
    fn heredoc(&mut self, rest: &'t str) -> Token {
        let intro = rest.get(2..).unwrap_or("");
        let bare = intro.strip_prefix('-').unwrap_or(intro);
        let length = bare.find(|ch| !continues(ch)).unwrap_or(bare.len());
        let after = bare.get(length..).unwrap_or("");
        let line_break = if after.starts_with("\r\n") { 2 } else { usize::from(after.starts_with('\n')) };
        if !bare.starts_with(is_start) || line_break == 0 {
            return self.take(Kind::Sign, 2);
        }
        let name_at = self.at + rest.len() - bare.len();
        let holds = Holds::Heredoc(Span::new(name_at, name_at + length));
        self.push(holds, Kind::Heredoc, rest.len() - after.len() + line_break)
    }

    /// Text of a quoted string up to its end, a marker or the line's end.
    fn string_text(&mut self) -> Token {
        let rest = self.rest();
        let mut at = 0;
        while let Some(found) = rest.get(at..).and_then(|rest| rest.find(['\\', '$', '%', '"', '\n'])) {
            at += found;
            let here = rest.get(at..).unwrap_or("");
            match here.as_bytes().first() {
                Some(b'\\') => {
                    at += 1 + here.chars().nth(1).filter(|ch| *ch != '\n').map_or(0, char::len_utf8);
                }
                Some(b'$' | b'%') => match marker(here) {
                    Marker::None => at += 1,
                    Marker::Escaped => at += 3,
                    Marker::Open if at == 0 => return self.bracket(Bracket::Marker, marker_width(here)),
                    Marker::Open => return self.take(Kind::Text, at),
                },
                _ if at > 0 => return self.take(Kind::Text, at),
                Some(b'"') => {
                    self.open.pop();
                    return self.take(Kind::Quote, 1);
                }
                _ => {
                    self.forced.extend(self.open.pop());
                    return self.take(Kind::BrokenString, 0);
                }
            }
        }
        self.take(Kind::Text, rest.len())
    }

    /// Text of a heredoc up to the end of its line or a marker; or its end.
    fn heredoc_text(&mut self, name: Span) -> Token {
        let rest = self.rest();
        let name = self.text.get(name.start..name.end).unwrap_or("");
        let at_line_start = self.text.get(..self.at).is_some_and(|before| before.ends_with('\n'));
        if at_line_start {
            let inner = rest.trim_start_matches([' ', '\t']);
            if inner.strip_prefix(name).is_some_and(|after| !after.starts_with(continues)) {
                self.open.pop();
                return self.take(Kind::HeredocEnd, rest.len() - inner.len() + name.len());
            }
        }
        let mut at = 0;
        while let Some(found) = rest.get(at..).and_then(|rest| rest.find(['$', '%', '\n'])) {
            at += found;
            let here = rest.get(at..).unwrap_or("");
            match marker(here) {
                _ if here.starts_with('\n') => return self.take(Kind::Text, at + 1),
                Marker::None => at += 1,
                Marker::Escaped => at += 3,
                Marker::Open if at == 0 => return self.bracket(Bracket::Marker, marker_width(here)),
                Marker::Open => return self.take(Kind::Text, at),
            }
        }
        self.take(Kind::Text, rest.len())
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.forced.clear();
        let ch = self.rest().chars().next();
        match self.open.last().map(|frame| &frame.holds) {
            Some(Holds::String) if ch.is_some() => Some(self.string_text()),
            Some(Holds::Heredoc(name)) if ch.is_some() => {
                let name = *name;
                Some(self.heredoc_text(name))
            }
            _ => ch.map(|ch| self.plain(ch)),
        }
    }
}

enum Marker {
    None,
    Escaped,
    Open,
}

/// What a `$` or `%` at the start of this text begins.
fn marker(text: &str) -> Marker {
    match text.as_bytes() {
        [b'$', b'$', b'{', ..] | [b'%', b'%', b'{', ..] => Marker::Escaped,
        [b'$' | b'%', b'{', ..] => Marker::Open,
        _ => Marker::None,
    }
}

fn marker_width(text: &str) -> usize {
    2 + usize::from(text.as_bytes().get(2) == Some(&b'~'))
}

/// The length of a line without its break.
fn line(text: &str) -> usize {
    let end = text.find('\n').unwrap_or(text.len());
    let cut = text.get(..end).unwrap_or("");
    cut.strip_suffix('\r').map_or(end, str::len)
}

fn number(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut at = digits(text);
    let after = |at: usize| text.get(at..).unwrap_or("");
    if after(at).starts_with('.') && digits(after(at + 1)) > 0 {
        at += 1 + digits(after(at + 1));
    }
    if after(at).starts_with(['e', 'E']) {
        let signed = usize::from(after(at + 1).starts_with(['+', '-']));
        let power = digits(after(at + 1 + signed));
        at += if power > 0 { 1 + signed + power } else { 0 };
    }
    at
}

fn sign(text: &str) -> usize {
    const LONG: [&str; 9] = ["...", "==", "!=", "<=", ">=", "=>", "&&", "||", "::"];
    let long = LONG.iter().find(|sign| text.starts_with(**sign)).map(|sign| sign.len());
    long.unwrap_or_else(|| text.chars().next().map_or(1, char::len_utf8))
}

/// What names are made of, close enough to the parser's own rule.
pub(crate) fn continues(ch: char) -> bool {
    ch.is_alphanumeric() || ch == '-' || ch == '_'
}

fn is_start(ch: char) -> bool {
    ch.is_alphabetic() || ch == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        Tokens::new(text).map(|token| (token.kind, &text[token.span.start..token.span.end])).collect()
    }

    #[test]
    fn tokens_cover_the_whole_text() {
        for text in [
            "a = \"x${ {y = 1}.y ~}z\" # c\r\nb = <<-E\n  t ${1}\n  E\n",
            "x = [1.5e-3, a.b[0]...] /* c\n */ \u{1F600} }",
            "a = \"unclosed\nb = <<E\n",
            "\"",
            "$$ %% ~} <<",
        ] {
            let joined: String = kinds(text).into_iter().map(|(_, part)| part).collect();
            assert_eq!(joined, text);
        }
    }

    #[test]
    fn templates_nest_in_strings_and_heredocs() {
        let quoted = kinds("\"a${b(\"}\")}c\"");
        let closing = quoted.iter().filter(|(kind, _)| *kind == Kind::Close(Bracket::Marker)).count();
        assert_eq!((closing, quoted.last()), (1, Some(&(Kind::Quote, "\""))));
        let heredoc = kinds("<<E\nx ${<<F\n}\nF\n}\nE\n");
        assert_eq!(heredoc.iter().filter(|(kind, _)| *kind == Kind::HeredocEnd).count(), 2, "{heredoc:?}");
    }

    #[test]
    fn a_closing_bracket_takes_along_what_it_leaves_open() {
        let mut tokens = Tokens::new("{ [ ( }");
        let mut forced = Vec::new();
        while tokens.next().is_some() {
            forced.extend(tokens.forced.iter().map(|frame| frame.at));
        }
        assert_eq!((forced, tokens.open.len()), (vec![2, 4], 0));
        assert_eq!(kinds("\"${ ( \"}\" )}\"").iter().filter(|(kind, _)| *kind == Kind::Surplus).count(), 0);
        assert_eq!(kinds("]")[0].0, Kind::Surplus);
    }

    #[test]
    fn a_string_ends_at_its_line_at_the_latest() {
        let broken = kinds("a = \"x\nb = 1\n");
        assert!(broken.contains(&(Kind::BrokenString, "")), "{broken:?}");
        assert_eq!(broken.last(), Some(&(Kind::Newline, "\n")));
    }
}
