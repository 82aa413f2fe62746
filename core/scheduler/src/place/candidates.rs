//! Which nodes to look at next: first each node once in a drawn order, then round and round those still of use.
//!
//! A node without room for a group is left out for the rest of the run, because nodes only fill up while a plan is
//! made. The one exception, a node that an allocation leaves for its own replacement, is put back by `reopen`.

use std::collections::{HashSet, VecDeque};

use foldhash::fast::FixedState;

use crate::draw::{Draw, Permutation};

#[derive(Debug)]
pub struct Candidates {
    fresh: Permutation,
    /// Met before and of use then.
    ring: VecDeque<u32>,
    /// How many of the ring this round may still look at.
    round: usize,
    /// For look-up only; never iterated.
    left_out: HashSet<u32, FixedState>,
    begun: bool,
}

impl Candidates {
    pub fn new(nodes: u32, draw: &mut Draw) -> Self {
        Self {
            fresh: Permutation::new(nodes, draw),
            ring: VecDeque::new(),
            round: 0,
            left_out: HashSet::default(),
            begun: false,
        }
    }

    /// Starts a search: no node is met twice in it. Returns whether it is the first, which meets every node there
    /// is unless it ends early.
    pub fn begin(&mut self) -> bool {
        self.round = self.ring.len();
        !std::mem::replace(&mut self.begun, true)
    }

    /// The next node, and whether it is met for the first time. The caller says what to do with it by
    /// [`Candidates::keep`] or [`Candidates::leave_out`]; a node with which it does neither is never met again.
    pub fn next(&mut self) -> Option<(u32, bool)> {
        if let Some(slot) = self.fresh.next() {
            return Some((slot, true));
        }
        self.round = self.round.checked_sub(1)?;
        self.ring.pop_front().map(|slot| (slot, false))
    }

    pub fn keep(&mut self, slot: u32) {
        self.ring.push_back(slot);
    }

    pub fn leave_out(&mut self, slot: u32) {
        self.left_out.insert(slot);
    }

    /// The node may have room again.
    pub fn reopen(&mut self, slot: u32) {
        if self.left_out.remove(&slot) {
            self.ring.push_front(slot);
        }
    }
}
