//! What nodes have left while a plan is made: the snapshot's columns, less plans in flight, less and plus what this
//! plan itself takes and stops.
//!
//! As in `apply`, an allocation holds its share until its node says that it ended: stopping one frees nothing yet.
//! Beside this real view stands a hopeful one, in which what this plan stops has ended; it tells whether stopping an
//! allocation would let its own replacement in later. In a third one, allocations of others are thought away to see
//! whether a placement could take their place.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use muster_ids::AllocId;
use muster_model::{Alloc, Resources, Share, Taken, Thing};
use muster_state::{NodeColumns, NodeSlot, Snapshot};

use crate::Overlay;

#[derive(Debug)]
pub struct Cluster<'a> {
    columns: &'a NodeColumns,
    overlay: &'a Overlay,
    /// For look-up only; never iterated.
    changes: HashMap<u32, Change, FixedState>,
}

#[derive(Debug, Default)]
struct Change {
    taken: Taken,
    /// Promised to replacements of what this plan stops; counts in the hopeful view only, like the next.
    promised: Taken,
    stopped: Taken,
    /// Thought away, to see who would fit then.
    thought_away: Taken,
}

/// Which of the two views to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Real,
    Hopeful,
    /// Without what is thought away.
    Preempting,
}

impl<'a> Cluster<'a> {
    pub fn new(snapshot: &'a Snapshot, overlay: &'a Overlay) -> Self {
        Self { columns: snapshot.columns(), overlay, changes: HashMap::default() }
    }

    pub const fn columns(&self) -> &'a NodeColumns {
        self.columns
    }

    pub fn available(&self, slot: u32, node: &NodeSlot, view: View) -> Resources {
        let mut used = node.used();
        if let Some(taken) = self.overlay.of(node.id()) {
            used = used.plus(taken.resources);
        }
        if let Some(change) = self.changes.get(&slot) {
            used = used.plus(change.taken.resources);
            match view {
                View::Real => {}
                View::Hopeful => {
                    used = used.plus(change.promised.resources).minus(change.stopped.resources);
                }
                View::Preempting => used = used.minus(change.thought_away.resources),
            }
        }
        node.allocatable().minus(used)
    }

    /// Whether the node has it to give and nobody holds it.
    pub fn is_free(&self, slot: u32, node: &NodeSlot, thing: &Thing, view: View) -> bool {
        node.offers(thing) && !self.is_held(slot, node, thing, view)
    }

    /// Whether somebody holds it.
    pub fn is_held(&self, slot: u32, node: &NodeSlot, thing: &Thing, view: View) -> bool {
        let mut holders = node.taken().holders(thing);
        holders += self.overlay.of(node.id()).map_or(0, |taken| taken.holders(thing));
        if let Some(change) = self.changes.get(&slot) {
            holders += change.taken.holders(thing);
            match view {
                View::Real => {}
                View::Hopeful => {
                    holders += change.promised.holders(thing);
                    holders = holders.saturating_sub(change.stopped.holders(thing));
                }
                View::Preempting => {
                    holders = holders.saturating_sub(change.thought_away.holders(thing));
                }
            }
        }
        holders > 0
    }

    /// A placement of this plan.
    pub fn take(&mut self, slot: u32, share: Share<'_>) {
        self.changes.entry(slot).or_default().taken.add(share);
    }

    /// A placement that is to come when what this plan stops on the node has ended.
    pub fn promise(&mut self, slot: u32, share: Share<'_>) {
        self.changes.entry(slot).or_default().promised.add(share);
    }

    /// An allocation that this plan stops, still running on the node in this slot.
    pub fn stop(&mut self, slot: u32, alloc: &Alloc) {
        self.changes.entry(slot).or_default().stopped.add(alloc.share());
    }

    /// Takes back [`Cluster::stop`].
    pub fn unstop(&mut self, slot: u32, alloc: &Alloc) {
        if let Some(change) = self.changes.get_mut(&slot) {
            change.stopped.remove(alloc.share());
        }
    }

    /// Thinks an allocation on the node in this slot away, or back again.
    pub fn think_away(&mut self, slot: u32, alloc: &Alloc) {
        self.changes.entry(slot).or_default().thought_away.add(alloc.share());
    }

    pub fn think_back(&mut self, slot: u32, alloc: &Alloc) {
        if let Some(change) = self.changes.get_mut(&slot) {
            change.thought_away.remove(alloc.share());
        }
    }

    /// Whether a plan in flight evicts the allocation, which nobody can do twice.
    pub fn is_evicted(&self, alloc: AllocId) -> bool {
        self.overlay.is_evicted(alloc)
    }
}
