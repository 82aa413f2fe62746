//! Filter expressions: `Status == "running" and Meta.team != "ops"`, in the grammar that Nomad's lists accept.
//!
//! ```text
//!   or     = and { "or" and }
//!   and    = not { "and" not }
//!   not    = "not" not | "(" or ")" | each | match
//!   each   = ("any" | "all") selector "as" name [ "," name ] "{" or "}"
//!   match  = selector ("==" | "!=" | ["not"] "contains" | ["not"] "matches") value
//!          | selector "is" ["not"] "empty"
//!          | value ["not"] "in" selector
//!   selector = name { "." name | "[" string "]" } | a string that is a JSON pointer
//!   value    = string | number | selector, taken as text
//! ```
//!
//! Three steps: [`parse`] gives the syntax tree, [`Filter::new`] checks it against the shape of what is filtered, and
//! [`Filter::matches`] asks one object. Length, depth, patterns and work are bounded. Pure.

mod ast;
mod bind;
mod error;
mod eval;
mod filter;
mod parse;
mod print;

pub use ast::{Each, Expr, Match, Selector, Test};
pub use error::{FilterError, Problem};
pub use eval::{Fuel, Subject};
pub use filter::{Filter, Noun};
pub use parse::parse;

/// Longest expression, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;

/// Deepest nesting of `not`, parentheses, `any` and `all`.
pub const MAX_DEPTH: usize = 64;

/// Most patterns of one expression.
pub const MAX_PATTERNS: usize = 16;

/// Largest compiled pattern, in bytes.
pub const MAX_PATTERN_BYTES: usize = 1 << 20;
