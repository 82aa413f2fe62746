//! The findings of one evaluation.

use crate::diagnostic::Diagnostic;
use crate::eval::Fault;

/// Beyond this many, findings are no longer told one by one.
const MOST: usize = 100;

#[derive(Default)]
pub(super) struct Report {
    found: Vec<Diagnostic>,
    failed: bool,
    exhausted: bool,
}

impl Report {
    pub fn add(&mut self, diagnostic: Diagnostic) {
        self.failed = true;
        if self.found.len() < MOST {
            self.found.push(diagnostic);
        }
    }

    pub fn fault(&mut self, fault: Fault) {
        self.failed = true;
        if matches!(fault, Fault::Exhausted(_)) && std::mem::replace(&mut self.exhausted, true) {
            return;
        }
        if let Some(diagnostic) = fault.into_report() {
            self.add(diagnostic);
        }
    }

    /// The value of a result, its fault reported.
    pub fn take<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault(fault);
                None
            }
        }
    }

    /// Whether so much is wrong that going on is pointless.
    pub fn is_full(&self) -> bool {
        self.found.len() >= MOST
    }

    /// Everything found, in the order of the text.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        if self.failed && self.found.is_empty() {
            // What failed silently did so because of something that is told; without that it must speak for itself.
            self.found.push(Diagnostic::nowhere("the file has no value", "simplify it"));
        }
        self.found.sort_by_key(|diagnostic| diagnostic.span.map_or(0, |span| span.start));
        self.found.dedup();
        self.found
    }
}
