//! What nodes have is not given away twice.

use std::collections::BTreeMap;

use muster_ids::AllocId;
use muster_model::{DesiredStatus, Resources};

use super::{Violation, require};
use crate::columns::taken_ports;
use crate::occupancy::holds_resources;
use crate::tables::Tables;

pub(super) fn columns_equal_recomputation(tables: &Tables) -> Result<(), Violation> {
    for (slot, row) in tables.nodes.iter() {
        let held = tables.allocs.of(&tables.allocs.by_node, slot).filter(|alloc| holds_resources(alloc));
        let (mut used, mut count, mut ports) = (Resources::default(), 0, Vec::new());
        let mut shared = Resources::default();
        for alloc in held {
            used = used.plus(alloc.resources());
            shared = shared.plus(tables.shared_place(alloc));
            count += 1;
            ports.extend(taken_ports(&alloc.ports));
        }
        let used = used.minus(shared);
        ports.sort_unstable();
        ports.dedup();
        let node = row.node();
        let same = row.used() == used
            && row.alloc_count() == count
            && *row.used_ports() == *ports
            && row.allocatable() == node.allocatable()
            && row.accepts_work() == node.accepts_work();
        require(same, "columns_equal_recomputation", || {
            format!(
                "node {}: kept {row:?}, found {used:?} in {count} allocations with ports {ports:?}",
                node.id
            )
        })?;
    }
    Ok(())
}

/// A node may shrink below what it already runs; then nothing more may be placed on it.
pub(super) fn no_node_is_over_committed(tables: &Tables) -> Result<(), Violation> {
    for (slot, row) in tables.nodes.iter() {
        let Some(dimension) = row.used().exhausted_in(row.allocatable()) else { continue };
        let changed = row.node().modify_index;
        let held = tables.allocs.of(&tables.allocs.by_node, slot).filter(|alloc| holds_resources(alloc));
        let mut late =
            held.filter(|alloc| alloc.create_index > changed && alloc.resources() != Resources::default());
        require(late.next().is_none(), "no_node_is_over_committed", || {
            format!("node {}: {dimension}: {:?} of {:?}", row.node().id, row.used(), row.allocatable())
        })?;
    }
    Ok(())
}

pub(super) fn no_port_is_given_twice(tables: &Tables) -> Result<(), Violation> {
    for (slot, row) in tables.nodes.iter() {
        let mut owners: BTreeMap<u16, AllocId> = BTreeMap::new();
        for alloc in tables.allocs.of(&tables.allocs.by_node, slot).filter(|alloc| holds_resources(alloc)) {
            for port in taken_ports(&alloc.ports) {
                let other = owners.insert(port, alloc.id).filter(|other| *other != alloc.id);
                let other = other.filter(|other| !makes_room(tables, *other, alloc.id));
                let other = other.filter(|other| !makes_room(tables, alloc.id, *other));
                require(other.is_none(), "no_port_is_given_twice", || {
                    format!("node {}: port {port} belongs to {} and {other:?}", row.node().id, alloc.id)
                })?;
            }
        }
    }
    Ok(())
}

/// Whether the one has to end before the other begins.
fn makes_room(tables: &Tables, one: AllocId, other: AllocId) -> bool {
    let mut next = Some(one);
    while let Some(by) = next.and_then(|id| tables.allocs.get(id)?.alloc.preempted_by()) {
        if by == other {
            return true;
        }
        next = Some(by);
    }
    false
}

/// Both sides of a preemption know of each other, and those that make room are told to end.
pub(super) fn preemptions_are_mutual(tables: &Tables) -> Result<(), Violation> {
    for (_, row) in tables.allocs.rows.iter() {
        let alloc = &row.alloc;
        let victims = alloc.preempts().iter().filter_map(|id| tables.allocs.get(*id));
        let victims_agree = victims.map(|row| &row.alloc).all(|victim| {
            victim.preempted_by() == Some(alloc.id)
                && victim.node_id == alloc.node_id
                && victim.desired == DesiredStatus::Evict
        });
        let by = alloc.preempted_by().and_then(|id| tables.allocs.get(id));
        let taker_agrees = by.is_none_or(|row| row.alloc.preempts().contains(&alloc.id));
        require(victims_agree && taker_agrees, "preemptions_are_mutual", || {
            format!("allocation {}: {:?}", alloc.id, alloc.preemption)
        })?;
    }
    Ok(())
}
