//! The other side of a comparison, read as what it is compared with.

use muster_shape::Shape;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Integer(i128),
    Number(f64),
    Bool(bool),
    /// Compared with whatever the value turns out to be.
    Loose(String),
}

impl Literal {
    /// # Errors
    /// What was wanted instead.
    pub(crate) fn new(text: &str, shape: &Shape) -> Result<Self, &'static str> {
        match shape.present() {
            Shape::Integer { .. } => integer(text).map(Self::Integer).ok_or("an integer"),
            Shape::Number => text.parse().map(Self::Number).map_err(|_| "a number"),
            Shape::Bool => boolean(text).map(Self::Bool).ok_or("`true` or `false`"),
            Shape::Any => Ok(Self::Loose(text.to_owned())),
            _ => Ok(Self::Text(text.to_owned())),
        }
    }

    /// Whether it is what a member that is left out stands for.
    pub(crate) fn is_zero(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Integer(number) => *number == 0,
            Self::Number(number) => *number == 0.0,
            Self::Bool(value) => !value,
            Self::Loose(_) => false,
        }
    }
}

pub(crate) fn integer(text: &str) -> Option<i128> {
    match text.strip_prefix("0x") {
        Some(hex) => i128::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}
