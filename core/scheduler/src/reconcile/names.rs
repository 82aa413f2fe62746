//! The `n` of `job.group[n]`: new allocations take the lowest that are free.

use std::collections::BTreeSet;

use muster_model::planted::{self, Plant};

#[derive(Debug, Default)]
pub struct Names {
    used: BTreeSet<u32>,
    from: u32,
}

impl Names {
    pub fn take(&mut self, index: u32) {
        self.used.insert(index);
    }

    pub fn lowest_free(&mut self) -> u32 {
        while self.used.contains(&self.from) && !planted::is(Plant::NamesAreGivenTwice) {
            self.from += 1;
        }
        let free = self.from;
        self.from += 1;
        free
    }
}
