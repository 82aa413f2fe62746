//! Disks on their way to successors: each has one at a time, however often its node asks.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use muster_ids::AllocId;

#[derive(Debug, Default)]
pub(crate) struct Fetches(Arc<Mutex<BTreeSet<AllocId>>>);

/// The only one for this successor, for as long as it is held.
#[derive(Debug)]
pub(crate) struct Fetch {
    successor: AllocId,
    all: Arc<Mutex<BTreeSet<AllocId>>>,
}

impl Fetches {
    /// `None` while an earlier one is under way.
    pub(crate) fn begin(&self, successor: AllocId) -> Option<Fetch> {
        let all = Arc::clone(&self.0);
        lock(&all).insert(successor).then(|| Fetch { successor, all: Arc::clone(&all) })
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        lock(&self.all).remove(&self.successor);
    }
}

fn lock(all: &Mutex<BTreeSet<AllocId>>) -> MutexGuard<'_, BTreeSet<AllocId>> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_successor_fetches_once_at_a_time() {
        let (fetches, one, two) =
            (Fetches::default(), AllocId::from_bytes([1; 16]), AllocId::from_bytes([2; 16]));
        let first = fetches.begin(one);
        assert!(first.is_some() && fetches.begin(one).is_none() && fetches.begin(two).is_some());
        drop(first);
        assert!(fetches.begin(one).is_some());
    }
}
