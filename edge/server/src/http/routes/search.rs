//! Search: by the beginning of ids, and by any part of names. What the caller may not see is never looked at.

mod context;
mod fuzzy;
mod policies;
mod prefix;

pub(crate) use fuzzy::fuzzy;
pub(crate) use prefix::prefix;

/// `server { search {} }`
#[derive(Debug, Clone, Copy)]
pub struct SearchLimits {
    pub fuzzy_enabled: bool,
    /// Objects of one kind that are found at most.
    pub query: usize,
    /// Matches given for one context.
    pub results: usize,
    /// Shortest text, in characters.
    pub min_term: usize,
}

impl Default for SearchLimits {
    fn default() -> Self {
        Self { fuzzy_enabled: true, query: 20, results: 100, min_term: 2 }
    }
}
