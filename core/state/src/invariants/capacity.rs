//! What nodes have is not given away twice.

use std::collections::BTreeMap;

use muster_ids::AllocId;
use muster_model::{Alloc, DesiredStatus, Group, Resources, Taken, Thing};

use super::{Violation, require};
use crate::occupancy::holds_resources;
use crate::tables::Tables;

pub(super) fn columns_equal_recomputation(tables: &Tables) -> Result<(), Violation> {
    for (slot, row) in tables.nodes.iter() {
        let held = tables.allocs.of(&tables.allocs.by_node, slot).filter(|alloc| holds_resources(alloc));
        let (mut taken, mut shared) = (Taken::default(), Resources::default());
        for alloc in held {
            taken.add(alloc.share());
            shared = shared.plus(tables.shared_place(alloc));
        }
        taken.resources = taken.resources.minus(shared);
        let node = row.node();
        let same = *row.taken() == taken
            && row.allocatable() == node.allocatable()
            && row.accepts_work() == node.accepts_work();
        require(same, "columns_equal_recomputation", || {
            format!("node {}: kept {row:?}, found {taken:?}", node.id)
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

/// No port of an address, no core and no device has two holders, unless both agreed to share it.
pub(super) fn nothing_is_given_twice(tables: &Tables) -> Result<(), Violation> {
    for (slot, row) in tables.nodes.iter() {
        let mut owners: BTreeMap<Thing, AllocId> = BTreeMap::new();
        for alloc in tables.allocs.of(&tables.allocs.by_node, slot).filter(|alloc| holds_resources(alloc)) {
            for thing in alloc.share().things() {
                // Who came first need not agree, who comes later must.
                if is_shared(alloc, &thing) {
                    continue;
                }
                let node = row.node().id;
                let detail = format!("node {node}: {thing:?} belongs to {}", alloc.id);
                let other = owners.insert(thing, alloc.id);
                let other = other.filter(|other| !makes_room(tables, *other, alloc.id));
                let other = other.filter(|other| !makes_room(tables, alloc.id, *other));
                require(other.is_none(), "nothing_is_given_twice", || format!("{detail} and {other:?}"))?;
            }
        }
    }
    Ok(())
}

fn is_shared(alloc: &Alloc, thing: &Thing) -> bool {
    let Thing::Port { port, .. } = thing else { return false };
    let requests = alloc.group_spec().map_or(&[] as &[_], Group::port_requests);
    requests.iter().zip(&alloc.ports).any(|(request, given)| given.value == *port && request.ignore_collision)
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
