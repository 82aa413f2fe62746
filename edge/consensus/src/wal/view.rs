//! The log as readers see it: every entry's term and place, and the newest entries themselves.
//!
//! An operation changes the view before it is queued for the disk, so that an entry is readable as soon as it is
//! appended. Only entries that are already on disk leave the cache.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use super::batch::{Facts, Op, Position, Record};

/// Where a batch frame lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    pub segment: u64,
    pub offset: u64,
}

#[derive(Debug)]
struct Slot {
    term: u64,
    at: Option<At>,
    record: Option<Record>,
}

/// An entry, or where to read it.
#[derive(Debug)]
pub(crate) enum Found {
    Here(Record),
    There { position: Position, at: At },
}

/// Entries that do not follow each other.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {wanted}, found entry {found}")]
pub(crate) struct Gap {
    pub wanted: u64,
    pub found: u64,
}

#[derive(Debug)]
pub(crate) struct View {
    slots: VecDeque<Slot>,
    /// Index of the first slot.
    first: u64,
    pub(super) facts: Facts,
    /// Salt of each live segment, by sequence.
    pub(super) salts: BTreeMap<u64, u64>,
    cached: usize,
    cache_limit: usize,
    /// No entry before this index is cached.
    cached_from: u64,
}

impl View {
    pub(super) fn new(cache_limit: usize) -> Self {
        Self {
            slots: VecDeque::new(),
            first: 0,
            facts: Facts::default(),
            salts: BTreeMap::new(),
            cached: 0,
            cache_limit,
            cached_from: 0,
        }
    }

    pub(crate) const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The last entry, or what was purged when there is none.
    pub(crate) fn last(&self) -> Option<Position> {
        let position = |slot: &Slot| Position { term: slot.term, index: self.next() - 1 };
        self.slots.back().map(position).or(self.facts.purged)
    }

    /// Term of an entry in the log.
    pub(crate) fn term(&self, index: u64) -> Option<u64> {
        self.slot(index).map(|slot| slot.term)
    }

    /// Indexes of the entries in the log.
    pub(crate) fn range(&self) -> Range<u64> {
        self.first..self.next()
    }

    /// # Errors
    /// When entries do not follow the last one; nothing before the gap is undone.
    pub(crate) fn apply(&mut self, op: &Op) -> Result<(), Gap> {
        self.facts.learn(op);
        match op {
            Op::Entries(records) => records.iter().try_for_each(|record| self.push(record))?,
            Op::Truncate { after } => self.truncate(*after),
            Op::Purged(upto) => self.purge(upto.index),
            Op::Vote(_) | Op::Committed(_) => {}
        }
        self.evict();
        Ok(())
    }

    /// Notes where entries went, unless they were replaced since; they may then leave the cache.
    pub(super) fn locate(&mut self, ops: &[Op], at: At) {
        for op in ops {
            let Op::Entries(records) = op else { continue };
            for record in records {
                if let Some(slot) = self.slot_mut(record.index).filter(|slot| slot.term == record.term) {
                    slot.at = Some(at);
                }
            }
        }
        self.evict();
    }

    /// The entries of `range` that exist, in order.
    pub(crate) fn find(&self, range: Range<u64>) -> Vec<Found> {
        let have = self.range();
        let range = range.start.max(have.start)..range.end.min(have.end);
        let found = |index| {
            let slot = self.slot(index)?;
            match (&slot.record, slot.at) {
                (Some(record), _) => Some(Found::Here(record.clone())),
                (None, Some(at)) => Some(Found::There { position: Position { term: slot.term, index }, at }),
                (None, None) => None,
            }
        };
        range.filter_map(found).collect()
    }

    /// Reading this range touches no disk.
    pub(crate) fn is_cached(&self, range: &Range<u64>) -> bool {
        range.start >= self.cached_from
    }

    fn next(&self) -> u64 {
        self.first + self.slots.len() as u64
    }

    fn slot(&self, index: u64) -> Option<&Slot> {
        self.slots.get(usize::try_from(index.checked_sub(self.first)?).ok()?)
    }

    fn slot_mut(&mut self, index: u64) -> Option<&mut Slot> {
        self.slots.get_mut(usize::try_from(index.checked_sub(self.first)?).ok()?)
    }

    fn push(&mut self, record: &Record) -> Result<(), Gap> {
        if self.slots.is_empty() {
            self.first = record.index;
            self.cached_from = record.index;
        } else if record.index != self.next() {
            return Err(Gap { wanted: self.next(), found: record.index });
        }
        self.cached += record.size();
        self.slots.push_back(Slot { term: record.term, at: None, record: Some(record.clone()) });
        Ok(())
    }

    fn truncate(&mut self, after: Option<u64>) {
        let keep = after.map_or(0, |index| index + 1).saturating_sub(self.first);
        while self.slots.len() as u64 > keep {
            let slot = self.slots.pop_back();
            self.forget(slot);
        }
        self.cached_from = self.cached_from.min(self.next());
    }

    fn purge(&mut self, upto: u64) {
        while self.first <= upto && !self.slots.is_empty() {
            let slot = self.slots.pop_front();
            self.forget(slot);
            self.first += 1;
        }
        self.cached_from = self.cached_from.max(self.first);
    }

    fn forget(&mut self, slot: Option<Slot>) {
        let size = slot.and_then(|slot| slot.record).map_or(0, |record| record.size());
        self.cached = self.cached.saturating_sub(size);
    }

    fn evict(&mut self) {
        while self.cached > self.cache_limit {
            let Some(slot) = self.slot_mut(self.cached_from).filter(|slot| slot.at.is_some()) else { return };
            let size = slot.record.take().map_or(0, |record| record.size());
            self.cached = self.cached.saturating_sub(size);
            self.cached_from += 1;
        }
    }
}
