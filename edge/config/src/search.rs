//! `server { search {} }`

use crate::decide::Findings;
use crate::field::Exact;

block! {
    SearchInput {
        fuzzy_enabled: bool,
        limit_query: Exact<u32>,
        limit_results: Exact<u32>,
        min_term_length: Exact<u32>,
    }
    no_effect {}
}

/// What searches may find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchConfig {
    pub fuzzy_enabled: bool,
    /// Objects of one kind found at most.
    pub limit_query: usize,
    /// Matches given for one context.
    pub limit_results: usize,
    /// In characters.
    pub min_term_length: usize,
}

impl SearchInput {
    pub(crate) fn decide(self, findings: &mut Findings) -> SearchConfig {
        let mut number = |name: &str, given: Option<Exact<u32>>, default: usize| {
            let number = given.map_or(default, |number| usize::try_from(number.0).unwrap_or(usize::MAX));
            if number == 0 {
                findings.error(format!("`server.search.{name}` cannot be 0; write a number from 1"));
            }
            number
        };
        SearchConfig {
            limit_query: number("limit_query", self.limit_query, 20),
            limit_results: number("limit_results", self.limit_results, 100),
            min_term_length: number("min_term_length", self.min_term_length, 2),
            fuzzy_enabled: self.fuzzy_enabled.unwrap_or(true),
        }
    }
}
