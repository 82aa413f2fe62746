//! Allocations that took the place of others which have not ended yet.
//!
//! Until the last of those has ended, the node does not hear of the one that came, so it cannot run beside them. On the
//! books they share one place: together they take, in every dimension, whatever is more of what the living ones take
//! and what the one that came takes. So nobody else gets the room in between, and no node is promised more than it has.

use std::sync::Arc;

use muster_model::{Alloc, Resources};

use super::Tables;
use crate::occupancy::holds_resources;

impl Tables {
    /// Whether some allocation whose place this one took still has to end.
    pub(crate) fn is_withheld(&self, alloc: &Alloc) -> bool {
        self.living_victims(alloc).next().is_some()
    }

    fn living_victims<'a>(&'a self, alloc: &'a Alloc) -> impl Iterator<Item = &'a Arc<Alloc>> {
        let rows = alloc.preempts().iter().filter_map(|id| self.allocs.get(*id));
        rows.map(|row| &row.alloc).filter(|victim| holds_resources(victim))
    }

    /// Those that have to end before it, and those before them.
    pub(crate) fn all_living_victims<'a>(&'a self, alloc: &'a Alloc) -> Vec<&'a Arc<Alloc>> {
        let mut all: Vec<_> = self.living_victims(alloc).collect();
        let mut looked_at = 0;
        while let Some(next) = all.get(looked_at).copied() {
            all.extend(self.living_victims(next));
            looked_at += 1;
        }
        all
    }

    /// What the allocation and those that make room for it take together only once.
    pub(crate) fn shared_place(&self, alloc: &Alloc) -> Resources {
        let sum = |sum: Resources, victim: &Arc<Alloc>| sum.plus(victim.resources());
        self.living_victims(alloc).fold(Resources::default(), sum).least(alloc.resources())
    }

    /// Counts anew what is taken of a node on which somebody makes room.
    pub(crate) fn recount(&mut self, node: u32) {
        let of_node = self.allocs.of(&self.allocs.by_node, node);
        let held: Vec<Arc<Alloc>> = of_node.filter(|alloc| holds_resources(alloc)).cloned().collect();
        let shared = held.iter().map(|alloc| self.shared_place(alloc));
        let shared = shared.fold(Resources::default(), Resources::plus);
        let Some(row) = self.nodes.slots.get_mut(node) else { return };
        row.clear();
        held.iter().for_each(|alloc| row.take(alloc));
        row.share(shared);
    }
}
