//! Allocations: id → slot → row, and three indexes of eight bytes an allocation.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use muster_ids::AllocId;
use muster_model::Alloc;

use super::Tables;
use crate::change::Change;
use crate::command::Event;
use crate::hash::hash_row;
use crate::occupancy::holds_resources;
use crate::rows::{AllocRecordRef, RowKind};
use crate::slab::Slab;
use crate::watch::WatchKey;

#[derive(Clone, Debug, Default)]
pub(crate) struct AllocTable {
    pub(crate) ids: OrdMap<AllocId, u32>,
    pub(crate) rows: Slab<AllocRow>,
    /// (job slot, allocation slot)
    pub(crate) by_job: OrdSet<(u32, u32)>,
    /// (node slot, allocation slot)
    pub(crate) by_node: OrdSet<(u32, u32)>,
    /// (evaluation slot, allocation slot)
    pub(crate) by_eval: OrdSet<(u32, u32)>,
}

#[derive(Clone, Debug)]
pub(crate) struct AllocRow {
    pub(crate) alloc: Arc<Alloc>,
    pub(crate) owners: Owners,
    hash: u64,
}

/// Slots of what an allocation belongs to; none of them is freed before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owners {
    pub(crate) job: u32,
    pub(crate) node: u32,
    pub(crate) eval: u32,
}

impl AllocTable {
    pub(crate) fn get(&self, id: AllocId) -> Option<&AllocRow> {
        self.rows.get(*self.ids.get(&id)?)
    }

    pub(crate) fn of<'a>(
        &'a self,
        index: &'a OrdSet<(u32, u32)>,
        owner: u32,
    ) -> impl Iterator<Item = &'a Arc<Alloc>> {
        let slots = index.range((owner, 0)..=(owner, u32::MAX));
        slots.filter_map(|(_, slot)| self.rows.get(*slot)).map(|row| &row.alloc)
    }
}

impl Tables {
    pub(crate) fn insert_alloc(&mut self, cx: &mut Change, alloc: Alloc, owners: Owners) {
        let alloc = Arc::new(alloc);
        self.load_alloc(&alloc, owners);
        cx.changed.add(WatchKey::Alloc(alloc.id));
        self.touch_owners(cx, owners, holds_resources(&alloc), 1);
        cx.events.push(Event::AllocUpdated(alloc));
    }

    /// Puts a row in place: indexes, columns, counters and hash, but no news.
    pub(crate) fn load_alloc(&mut self, alloc: &Arc<Alloc>, owners: Owners) {
        let hash = hash_row(RowKind::Alloc, &AllocRecordRef::from(&**alloc));
        let slot = self.allocs.rows.insert(AllocRow { alloc: Arc::clone(alloc), owners, hash });
        self.rehash(0, hash);
        self.allocs.ids.insert(alloc.id, slot);
        self.allocs.by_job.insert((owners.job, slot));
        self.allocs.by_node.insert((owners.node, slot));
        self.allocs.by_eval.insert((owners.eval, slot));
        self.with_job_counters(owners.job, |row| row.count_in(alloc));
        match holds_resources(alloc) {
            true if alloc.preemption.is_some() => self.recount(owners.node),
            true => self.occupy(owners.node, |node| node.take(alloc)),
            false => {}
        }
    }

    /// Replaces a row by its successor of the same id, node, job and evaluation (but see [`Tables::hand_over`]).
    pub(crate) fn replace_alloc(&mut self, cx: &mut Change, slot: u32, alloc: Alloc) {
        let Some(row) = self.allocs.rows.get_mut(slot) else { return };
        let alloc = Arc::new(alloc);
        let new_hash = hash_row(RowKind::Alloc, &AllocRecordRef::from(&*alloc));
        let old_hash = std::mem::replace(&mut row.hash, new_hash);
        let old = std::mem::replace(&mut row.alloc, Arc::clone(&alloc));
        let owners = row.owners;
        self.rehash(old_hash, new_hash);
        if (old.client, old.desired, old.group) != (alloc.client, alloc.desired, alloc.group)
            || !Arc::ptr_eq(&old.job, &alloc.job)
        {
            self.with_job_counters(owners.job, |row| {
                row.count_out(&old);
                row.count_in(&alloc);
            });
        }
        let occupancy = self.move_share(cx, owners.node, &old, &alloc);
        if let Some(part) = &alloc.deployment
            && let Some(group) = alloc.group_spec()
            && old.deployment_id() == part.id
        {
            self.count_health(cx, &group.name, old.healthy(), part);
        }
        if old.modify_index != cx.index {
            cx.changed.add(WatchKey::Alloc(alloc.id));
        }
        self.touch_owners(cx, owners, occupancy, 0);
        cx.events.push(Event::AllocUpdated(alloc));
    }

    /// Leaves a mark on an allocation for whoever looks at it next.
    pub(crate) fn mark_alloc(&mut self, cx: &mut Change, id: AllocId, mark: impl FnOnce(&mut Alloc)) {
        let Some(slot) = self.allocs.ids.get(&id).copied() else { return };
        let Some(row) = self.allocs.rows.get(slot) else { return };
        let mut alloc = Alloc::clone(&row.alloc);
        mark(&mut alloc);
        alloc.modify_index = cx.index;
        alloc.modify_time = cx.now;
        self.replace_alloc(cx, slot, alloc);
    }

    /// Records whether an allocation is healthy. One that failed and whose health is known may be replaced.
    pub(crate) fn set_health(
        &mut self,
        cx: &mut Change,
        slot: u32,
        healthy: bool,
        time: muster_ids::UnixNanos,
    ) {
        let Some(row) = self.allocs.rows.get(slot) else { return };
        let mut alloc = Alloc::clone(&row.alloc);
        let part = alloc.deployment.get_or_insert_default();
        (part.healthy, part.time, part.modify_index) = (Some(healthy), time, cx.index);
        if alloc.client == muster_model::ClientStatus::Failed {
            alloc.transition.reschedule = true;
        }
        alloc.modify_index = cx.index;
        alloc.modify_time = cx.now;
        self.replace_alloc(cx, slot, alloc);
    }

    /// Hands an allocation over to the evaluation that updates it in place; the row is to be replaced next.
    pub(crate) fn hand_over(&mut self, cx: &mut Change, slot: u32, eval: u32) {
        let Some(row) = self.allocs.rows.get_mut(slot) else { return };
        let before = std::mem::replace(&mut row.owners.eval, eval);
        if before == eval {
            return;
        }
        self.allocs.by_eval.remove(&(before, slot));
        self.allocs.by_eval.insert((eval, slot));
        self.touch_eval_allocs(cx, before, -1);
        self.touch_eval_allocs(cx, eval, 1);
    }

    /// Brings the node's columns from the old row to the new one; whether they changed.
    fn move_share(&mut self, cx: &mut Change, node: u32, old: &Alloc, new: &Alloc) -> bool {
        let (held, holds) = (holds_resources(old), holds_resources(new));
        if held == holds
            && (!held
                || (Arc::ptr_eq(&old.job, &new.job)
                    && old.group == new.group
                    && old.ports == new.ports
                    && old.allotted == new.allotted))
        {
            return false;
        }
        if new.preemption.is_some() {
            self.recount(node);
        } else {
            self.occupy(node, |row| {
                if held {
                    row.give_back(old);
                }
                if holds {
                    row.take(new);
                }
            });
        }
        if held {
            self.capacity_freed(cx, node);
        }
        true
    }

    pub(crate) fn remove_alloc(&mut self, cx: &mut Change, id: AllocId) {
        let Some(slot) = self.allocs.ids.remove(&id) else { return };
        let Some(AllocRow { alloc, owners, hash }) = self.allocs.rows.remove(slot) else { return };
        self.rehash(hash, 0);
        self.allocs.by_job.remove(&(owners.job, slot));
        self.allocs.by_node.remove(&(owners.node, slot));
        self.allocs.by_eval.remove(&(owners.eval, slot));
        self.with_job_counters(owners.job, |row| row.count_out(&alloc));
        let held = holds_resources(&alloc);
        if held {
            match alloc.preemption.is_some() {
                true => self.recount(owners.node),
                false => self.occupy(owners.node, |node| node.give_back(&alloc)),
            }
            self.capacity_freed(cx, owners.node);
        }
        cx.changed.add(WatchKey::Alloc(id));
        self.touch_owners(cx, owners, held, -1);
    }

    fn touch_owners(&mut self, cx: &mut Change, owners: Owners, occupancy: bool, count: i32) {
        cx.unsettled.insert(owners.job);
        self.touch_allocs(cx);
        self.touch_job_allocs(cx, owners.job);
        self.touch_node_allocs(cx, owners.node, occupancy);
        self.touch_eval_allocs(cx, owners.eval, count);
    }

    pub(crate) fn touch_allocs(&mut self, cx: &mut Change) {
        if self.meta.allocs != cx.index {
            self.meta.allocs = cx.index;
            cx.changed.add(WatchKey::Allocs);
        }
    }

    /// What is taken of a node follows from its allocations and is not part of its row's hash.
    fn occupy(&mut self, node: u32, change: impl FnOnce(&mut crate::columns::NodeSlot)) {
        if let Some(row) = self.nodes.slots.get_mut(node) {
            change(row);
        }
    }

    fn capacity_freed(&self, cx: &mut Change, node: u32) {
        if let Some(row) = self.nodes.get(node).filter(|row| row.accepts_work()) {
            cx.freed(row.node().id, &row.node().computed_class);
        }
    }
}
