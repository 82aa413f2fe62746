//! What can be wrong with an expression. The texts that clients match on are those of Nomad's parser.

use crate::{MAX_BYTES, MAX_DEPTH, MAX_PATTERNS};

/// A problem and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    pub problem: Problem,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// In bytes, from 0.
    pub offset: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("no match found, expected: {0}")]
    Expected(&'static str),
    #[error(
        "invalid escape in a quoted string; use \\\", \\\\, \\n, \\r, \\t, \\xHH or \\uHHHH, or back-ticks"
    )]
    Escape,
    #[error("failed to compile regular expression `{pattern}`: {reason}")]
    Pattern { pattern: String, reason: String },
    #[error("the expression is longer than {MAX_BYTES} bytes; shorten it")]
    TooLong,
    #[error("the expression is nested deeper than {MAX_DEPTH} levels; simplify it")]
    TooDeep,
    #[error("the expression has more than {MAX_PATTERNS} patterns; join them with `|`")]
    TooManyPatterns,
    #[error(
        "error finding value in datum: {pointer}: at part {part}, couldn't find key: struct field with name \"{name}\""
    )]
    Unknown { pointer: String, part: usize, name: String },
    #[error("error finding value in datum: {pointer}: at part {part}, {kind} holds no members")]
    NoMembers { pointer: String, part: usize, kind: &'static str },
    #[error("cannot perform {operation} operations on type {kind} for selector: \"{selector}\"")]
    Operation { operation: &'static str, kind: &'static str, selector: String },
    #[error("`{text}` is not {wanted}, which \"{selector}\" is compared with")]
    Value { text: String, wanted: &'static str, selector: String },
    #[error("the expression takes too much work on this list; simplify it")]
    TooMuchWork,
}

impl Problem {
    /// Whether the text itself is wrong, rather than what it asks of the objects at hand.
    #[must_use]
    pub const fn is_syntax(&self) -> bool {
        matches!(
            self,
            Self::Expected(_)
                | Self::Escape
                | Self::Pattern { .. }
                | Self::TooLong
                | Self::TooDeep
                | Self::TooManyPatterns
        )
    }
}

impl FilterError {
    pub(crate) fn new(text: &str, offset: usize, problem: Problem) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            problem,
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            offset,
        }
    }
}

impl std::fmt::Display for FilterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.problem {
            Problem::TooMuchWork | Problem::TooLong => self.problem.fmt(f),
            _ if self.problem.is_syntax() => {
                write!(f, "{}:{} ({}): {}", self.line, self.column, self.offset, self.problem)
            }
            // Clients know these texts from their first word on.
            _ => write!(f, "{} (at {}:{})", self.problem, self.line, self.column),
        }
    }
}

impl std::error::Error for FilterError {}
