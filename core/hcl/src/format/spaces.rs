//! Where a blank stands between two pieces of a line.

use super::lines::{Line, Piece, PieceKind};
use crate::syntax::token::Bracket;

impl Line {
    /// Sets the blanks between all pieces.
    pub(super) fn space(&mut self) {
        let mut before: Option<PieceKind> = None;
        let mut previous: Option<PieceKind> = None;
        for Piece { kind, before: blanks, .. } in &mut self.pieces {
            if let Some(left) = previous {
                *blanks = usize::from(is_apart(before, left, *kind));
            }
            before = previous;
            previous = Some(*kind);
        }
    }
}

/// Whether a blank stands between `left` and `right`; `before` is what stands before `left`.
fn is_apart(before: Option<PieceKind>, left: PieceKind, right: PieceKind) -> bool {
    use Bracket::Brace;
    use PieceKind::{Close, Comma, Comment, Dot, Ellipsis, Name, Not, Number, Open, Operator, Text};
    match (left, right) {
        (Open(Bracket::Round | Bracket::Square), Comment) => false,
        (Comment, _) | (_, Comment) => true,
        (Open(Brace), Close(Brace)) => false,
        (Open(Brace), _) | (_, Close(Brace)) => true,
        (Dot, _) | (_, Dot | Comma | Ellipsis) => false,
        (Comma, _) => true,
        // A call, an index.
        (Name, Open(Bracket::Round)) | (Name | Number | Text | Close(_), Open(Bracket::Square)) => false,
        (Not, _) => false,
        (Operator, _) => !is_sign(before),
        (Open(_), _) | (_, Close(_)) => false,
        _ => true,
    }
}

/// An operator without a value on its left is the sign of what is on its right.
fn is_sign(before: Option<PieceKind>) -> bool {
    use PieceKind::{Close, Name, Number, Text};
    !matches!(before, Some(Name | Number | Text | Close(_)))
}
