//! `no_over_commit`: what allocations take of a node is what they ask for, never more than the node has when something
//! is added, and no port of an address, core or device twice. One that waits for others to end shares their place.

use std::collections::BTreeMap;

use muster_ids::{AllocId, Index, NodeId};
use muster_model::{Alloc, Resources, Thing};
use muster_state::{Snapshot, holds_resources};

use super::{Check, violated};

pub fn of_node(snapshot: &Snapshot, node: NodeId, index: Index) -> Check {
    let columns = snapshot.columns();
    let Some(slot) = columns.slot_of(node).and_then(|slot| columns.get(slot)) else { return Ok(()) };
    let mut used = Resources::default();
    let mut shared = Resources::default();
    let mut owners: BTreeMap<Thing, AllocId> = BTreeMap::new();
    let mut grows = false;
    for alloc in snapshot.allocs_by_node(node).filter(|alloc| holds_resources(alloc)) {
        let living =
            living_victims(snapshot, alloc).fold(Resources::default(), |sum, one| sum.plus(one.resources()));
        used = used.plus(alloc.resources());
        shared = shared.plus(living.least(alloc.resources()));
        grows |= alloc.create_index == index;
        for thing in alloc.share().things() {
            let other = owners.insert(thing.clone(), alloc.id).and_then(|other| snapshot.alloc(other));
            let hands_over =
                |other: &Alloc| waits_for(snapshot, alloc, other) || waits_for(snapshot, other, alloc);
            if let Some(other) = other.filter(|other| !hands_over(other)).map(|other| other.id) {
                let detail = format!("node {node}: {thing:?} is given to {} and {other}", alloc.id);
                return violated("no_over_commit", detail);
            }
        }
    }
    let used = used.minus(shared);
    if used != slot.used() {
        return violated("no_over_commit", format!("node {node}: {:?} counted, {used:?} taken", slot.used()));
    }
    match used.exhausted_in(slot.allocatable()) {
        Some(dimension) if grows => {
            let detail = format!("node {node}: {dimension}: {used:?} of {:?}", slot.allocatable());
            violated("no_over_commit", detail)
        }
        _ => Ok(()),
    }
}

fn living_victims<'a>(snapshot: &'a Snapshot, alloc: &'a Alloc) -> impl Iterator<Item = &'a Alloc> {
    let victims = alloc.preempts().iter().filter_map(|id| snapshot.alloc(*id));
    victims.map(|victim| &**victim).filter(|victim| holds_resources(victim))
}

/// Also through others that wait: the chain is finite, since each is younger than those it waits for.
fn waits_for(snapshot: &Snapshot, alloc: &Alloc, other: &Alloc) -> bool {
    alloc.preempts().contains(&other.id)
        || living_victims(snapshot, alloc).any(|victim| waits_for(snapshot, victim, other))
}
