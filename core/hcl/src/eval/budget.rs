//! A limit on work and on what is made, so that hostile text ends quickly.

use std::cell::Cell;

/// One unit is one step or one value, or 8 bytes of text. A large job file needs some hundred thousand;
/// 100,000 small blocks need two million.
const UNITS: u64 = 3_000_000;

pub(crate) struct Budget {
    left: Cell<u64>,
}

/// Nothing is left to spend.
pub(crate) struct Exhausted;

impl Default for Budget {
    fn default() -> Self {
        Self { left: Cell::new(UNITS) }
    }
}

impl Budget {
    pub fn is_exhausted(&self) -> bool {
        self.left.get() == 0
    }

    /// Takes from the budget. Once it has refused, it refuses for good, so that no caller can go on by ignoring it.
    pub fn spend(&self, units: u64) -> Result<(), Exhausted> {
        match self.left.get().checked_sub(units) {
            Some(left) if left > 0 => {
                self.left.set(left);
                Ok(())
            }
            _ => {
                self.left.set(0);
                Err(Exhausted)
            }
        }
    }
}

/// What a text of this length costs.
pub(crate) const fn text_units(text: &str) -> u64 {
    1 + text.len() as u64 / 8
}
