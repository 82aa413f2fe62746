//! What an expression says, before it is known what it is asked of.

/// A condition.
#[derive(Clone, Debug)]
pub enum Expr {
    /// Two or more, one of which must hold.
    Or(Vec<Self>),
    /// Two or more, all of which must hold.
    And(Vec<Self>),
    Not(Box<Self>),
    Match(Match),
    Each(Each),
}

/// One question about one value.
#[derive(Clone, Debug)]
pub struct Match {
    pub selector: Selector,
    /// Whether the answer is turned round: `!=`, `not in`, `is not empty`, `not matches`.
    pub negated: bool,
    pub test: Test,
}

#[derive(Clone, Debug)]
pub enum Test {
    Equals(String),
    /// A part of a text, an element of a list, a key of a map. `contains` says the same from the other side.
    Holds(String),
    Empty,
    Matches(regex::Regex),
}

/// A condition on the elements of a list or map.
#[derive(Clone, Debug)]
pub struct Each {
    /// `all` instead of `any`.
    pub all: bool,
    pub selector: Selector,
    /// One name: elements of a list, keys of a map. Two: index or key, and element. `_` binds nothing.
    pub names: (String, Option<String>),
    pub body: Box<Expr>,
}

/// The way to a value.
#[derive(Clone, Debug)]
pub struct Selector {
    /// Never empty.
    pub parts: Vec<String>,
    /// Where it stands in the expression, in bytes.
    pub at: usize,
}
