//! The newest entries, as many as hold a number of events: what a subscriber may resume from.
//!
//! ```text
//!   forgotten …  floor ┌───────── kept ─────────┐ newest
//!                      └ everything from here on is known
//! ```
//!
//! Whoever asks below the floor is told so, and never given a part as if it were the whole.

use std::collections::VecDeque;
use std::sync::Arc;

use muster_ids::Index;

use super::StreamEntry;

/// Entries that a subscriber asked for are not known any more, or never were here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventGap {
    /// The lowest index from which nothing is missing.
    pub floor: Index,
}

#[derive(Debug)]
pub struct EventRing {
    /// Events kept at least, once there were as many; 0 keeps none.
    limit: usize,
    held: usize,
    floor: Index,
    newest: Index,
    entries: VecDeque<Arc<StreamEntry>>,
}

impl EventRing {
    /// Empty, of a state that `at` was the last entry of.
    #[must_use]
    pub const fn new(limit: usize, at: Index) -> Self {
        Self { limit, held: 0, floor: at.next(), newest: at, entries: VecDeque::new() }
    }

    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// The last entry that was applied, whether it had events or not.
    #[must_use]
    pub const fn newest(&self) -> Index {
        self.newest
    }

    #[must_use]
    pub const fn floor(&self) -> Index {
        self.floor
    }

    /// Takes what the entries up to `newest` had to tell, in their order. Gives back what is forgotten for it.
    pub fn push(&mut self, told: Vec<StreamEntry>, newest: Index) -> Vec<Arc<StreamEntry>> {
        self.newest = self.newest.max(newest);
        if self.limit == 0 {
            self.floor = self.newest.next();
            return Vec::new();
        }
        for entry in told {
            self.held += entry.events.len();
            self.entries.push_back(Arc::new(entry));
        }
        self.trim()
    }

    /// The whole state was replaced: what led there is not known.
    pub fn reset(&mut self, at: Index) -> Vec<Arc<StreamEntry>> {
        let old = std::mem::replace(self, Self::new(self.limit, at));
        old.entries.into()
    }

    /// Takes in a ring of the entries just before this one's floor; of anything else, nothing.
    pub fn prepend(&mut self, older: Self) {
        if older.newest.next() != self.floor {
            return;
        }
        self.floor = older.floor;
        self.held += older.held;
        for entry in older.entries.into_iter().rev() {
            self.entries.push_front(entry);
        }
        self.trim();
    }

    /// Entries with events from `from` on, at most so many.
    ///
    /// # Errors
    /// When some of them are not known.
    pub fn read(&self, from: Index, most: usize) -> Result<Vec<Arc<StreamEntry>>, EventGap> {
        if from < self.floor {
            return Err(EventGap { floor: self.floor });
        }
        let first = self.entries.partition_point(|entry| entry.index < from);
        Ok(self.entries.iter().skip(first).take(most).cloned().collect())
    }

    /// Forgets the oldest entries that are not needed to hold as many events as the limit says.
    fn trim(&mut self) -> Vec<Arc<StreamEntry>> {
        let mut forgotten = Vec::new();
        while let Some(oldest) = self.entries.front() {
            let left = self.held.saturating_sub(oldest.events.len());
            if left < self.limit {
                break;
            }
            self.held = left;
            self.floor = oldest.index.next();
            forgotten.extend(self.entries.pop_front());
        }
        forgotten
    }
}

#[cfg(test)]
mod tests {
    use muster_ids::NodePool;
    use muster_model::NodePoolDetails;

    use super::super::{StreamEvent, StreamRow};
    use super::*;

    fn entry(index: u64, events: usize) -> StreamEntry {
        let row = StreamRow::NodePool(Arc::new(NodePoolDetails::bare(NodePool::default_pool())));
        let event = StreamEvent { kind: "NodePoolUpserted", row };
        StreamEntry { index: Index(index), events: vec![event; events] }
    }

    fn indexes(ring: &EventRing, from: u64) -> Result<Vec<u64>, u64> {
        let read = ring.read(Index(from), usize::MAX);
        read.map(|entries| entries.iter().map(|entry| entry.index.0).collect()).map_err(|gap| gap.floor.0)
    }

    fn ring(limit: usize, at: u64, entries: &[(u64, usize)]) -> EventRing {
        let mut ring = EventRing::new(limit, Index(at));
        for (index, events) in entries {
            ring.push(vec![entry(*index, *events)], Index(*index));
        }
        ring
    }

    #[test]
    fn it_keeps_the_newest_events_and_tells_where_it_begins() {
        let mut ring = ring(4, 0, &[(1, 2), (3, 1), (4, 2)]);
        assert_eq!(indexes(&ring, 1), Ok(vec![1, 3, 4]), "four are left only with all of them");
        assert_eq!(indexes(&ring, 2), Ok(vec![3, 4]));
        let forgotten = ring.push(vec![entry(6, 1)], Index(7));
        assert_eq!(forgotten.iter().map(|entry| entry.index.0).collect::<Vec<_>>(), [1]);
        assert_eq!((indexes(&ring, 1), indexes(&ring, 2)), (Err(2), Ok(vec![3, 4, 6])));
        assert_eq!((indexes(&ring, 8), ring.newest()), (Ok(vec![]), Index(7)));
    }

    #[test]
    fn an_entry_larger_than_the_ring_is_kept_whole() {
        let ring = ring(4, 0, &[(1, 1), (2, 9)]);
        assert_eq!((indexes(&ring, 1), indexes(&ring, 2)), (Err(2), Ok(vec![2])));
    }

    #[test]
    fn a_replaced_state_leaves_a_gap() {
        let mut ring = ring(4, 0, &[(1, 1), (2, 1)]);
        assert_eq!(ring.reset(Index(9)).len(), 2);
        assert_eq!((indexes(&ring, 3), indexes(&ring, 10)), (Err(10), Ok(vec![])));
        ring.push(vec![entry(10, 1)], Index(10));
        assert_eq!(indexes(&ring, 10), Ok(vec![10]));
    }

    #[test]
    fn what_came_before_is_put_before_and_nothing_else_is() {
        let mut newer = ring(3, 5, &[(6, 1)]);
        newer.prepend(ring(3, 0, &[(1, 1), (4, 1), (5, 1)]));
        assert_eq!((indexes(&newer, 1), indexes(&newer, 2)), (Err(2), Ok(vec![4, 5, 6])));
        let mut apart = ring(3, 5, &[(6, 1)]);
        apart.prepend(ring(3, 0, &[(1, 1), (4, 1)]));
        assert_eq!((indexes(&apart, 5), indexes(&apart, 6)), (Err(6), Ok(vec![6])));
    }

    #[test]
    fn without_room_it_knows_nothing() {
        let ring = ring(0, 0, &[(1, 1)]);
        assert_eq!((indexes(&ring, 1), indexes(&ring, 2)), (Err(2), Ok(vec![])));
    }
}
