//! A text as lines of pieces: what stands before `=`, the value, the comment at the end.

use crate::source::{BYTE_ORDER_MARK, Span};
use crate::syntax::token::{Bracket, Holds, Kind, Tokens};

/// Something that stays as it is: a token, or a whole string or heredoc.
#[derive(Debug)]
pub(super) struct Piece {
    pub kind: PieceKind,
    pub span: Span,
    /// The blanks before it, unless it is the first of its line.
    pub before: usize,
    width: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PieceKind {
    Name,
    /// `for`, `in`, `if` within a `for` expression.
    Keyword,
    Number,
    /// A string or a heredoc.
    Text,
    Comment,
    Open(Bracket),
    Close(Bracket),
    Dot,
    Comma,
    Ellipsis,
    Equal,
    Not,
    /// `-`, and what else may stand before a sign of a number.
    Operator,
}

#[derive(Debug, Default)]
pub(super) struct Line {
    pub pieces: Vec<Piece>,
    /// Where the value's `=` is, if the whole value stands on this line.
    pub assign: Option<usize>,
    /// Where the comment behind the rest is.
    pub comment: Option<usize>,
    pub indent: usize,
    pub line_break: Span,
    /// Whether a piece holds line breaks.
    pub spans_lines: bool,
}

impl Line {
    /// How many brackets the line opens and closes beyond those it pairs itself; one of the two is 0.
    pub fn net_brackets(&self) -> (usize, usize) {
        let (opened, closed) = self.brackets_from(0);
        (opened.saturating_sub(closed), closed.saturating_sub(opened))
    }

    fn brackets_from(&self, start: usize) -> (usize, usize) {
        let count = |wanted: fn(&PieceKind) -> bool| {
            self.pieces.iter().skip(start).filter(|piece| wanted(&piece.kind)).count()
        };
        (count(|kind| matches!(kind, PieceKind::Open(_))), count(|kind| matches!(kind, PieceKind::Close(_))))
    }

    /// The columns of the pieces from `start` up to `end`, with the blanks between them, and the indentation.
    pub fn width(&self, start: usize, end: usize) -> usize {
        let pieces = self.pieces.get(start..end).unwrap_or_default();
        let blanks: usize = pieces.iter().skip(1).map(|piece| piece.before).sum();
        self.indent + blanks + pieces.iter().map(|piece| piece.width).sum::<usize>()
    }

    /// Finds the parts of a line that is complete.
    fn divide(&mut self) {
        let last = self.pieces.len().saturating_sub(1);
        self.comment = (last > 0 && self.pieces.last().is_some_and(|piece| piece.kind == PieceKind::Comment))
            .then_some(last);
        let equal = self.pieces.iter().position(|piece| piece.kind == PieceKind::Equal);
        self.assign = equal.filter(|at| {
            let (opened, closed) = self.brackets_from(*at);
            *at > 0 && opened == closed
        });
    }
}

/// All lines of a text; the last has no line break.
pub(super) fn split(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = Line::default();
    let mut tokens = Tokens::new(text);
    // Where the outermost string or heredoc being read began.
    let mut inside: Option<usize> = None;
    while let Some(token) = tokens.next() {
        let in_text = tokens.open.iter().any(|frame| !matches!(frame.holds, Holds::Bracket(_)));
        match (inside, in_text) {
            (None, true) => inside = Some(token.span.start),
            (Some(_), true) => {}
            (Some(start), false) => {
                inside = None;
                push(&mut line, PieceKind::Text, Span::new(start, token.span.end), text);
            }
            (None, false) => match token.kind {
                Kind::Space => {}
                Kind::Newline => {
                    line.line_break = token.span;
                    line.divide();
                    lines.push(std::mem::take(&mut line));
                }
                kind => {
                    let slice = text.get(token.span.start..token.span.end).unwrap_or("");
                    push(&mut line, piece_kind(kind, slice), token.span, text);
                }
            },
        }
    }
    line.divide();
    lines.push(line);
    lines
}

fn push(line: &mut Line, kind: PieceKind, span: Span, text: &str) {
    let slice = text.get(span.start..span.end).unwrap_or("");
    // A byte order mark is no part of the text.
    if slice.starts_with(BYTE_ORDER_MARK) {
        return;
    }
    line.spans_lines |= slice.contains('\n');
    line.pieces.push(Piece { kind, span, before: 0, width: slice.chars().count() });
}

fn piece_kind(kind: Kind, slice: &str) -> PieceKind {
    match kind {
        Kind::Name if matches!(slice, "for" | "in" | "if") => PieceKind::Keyword,
        Kind::Name => PieceKind::Name,
        Kind::Number => PieceKind::Number,
        Kind::LineComment | Kind::BlockComment => PieceKind::Comment,
        Kind::Open(bracket) => PieceKind::Open(bracket),
        Kind::Close(bracket) => PieceKind::Close(bracket),
        _ => match slice {
            "." | "::" => PieceKind::Dot,
            "," => PieceKind::Comma,
            "..." => PieceKind::Ellipsis,
            "=" => PieceKind::Equal,
            "!" => PieceKind::Not,
            _ => PieceKind::Operator,
        },
    }
}
