//! `no_over_commit_as_run`: what really runs on a machine fits on it, and no two of its allocations have one port, core or device,
//! whatever servers believe meanwhile.

use std::collections::BTreeMap;

use muster_ids::AllocId;
use muster_model::{Resources, Thing};
use muster_state::Snapshot;

use super::{Check, violated};
use crate::node::Machine;
use crate::sim::Sim;

pub fn everywhere(sim: &Sim) -> Check {
    let snapshot = sim.servers[sim.newest()].state.snapshot();
    sim.nodes.iter().try_for_each(|machine| of_machine(machine, &snapshot))
}

pub fn of_machine(machine: &Machine, snapshot: &Snapshot) -> Check {
    let mut used = Resources::default();
    let mut owners: BTreeMap<Thing, AllocId> = BTreeMap::new();
    // Servers that forget a node while it is away forget what runs there; it ends as soon as the node is back.
    let known = |id| snapshot.alloc(id).is_some();
    for alloc in machine.kernel.running().filter(|alloc| known(alloc.id)) {
        used = used.plus(alloc.resources());
        for thing in alloc.share().things() {
            if let Some(other) = owners.insert(thing.clone(), alloc.id) {
                let name = &machine.facts.name;
                let detail = format!("{name}: {thing:?} is used by {} and {other}", alloc.id);
                return violated("no_over_commit_as_run", detail);
            }
        }
    }
    match used.exhausted_in(machine.facts.allocatable()) {
        None => Ok(()),
        Some(dimension) => {
            let running: Vec<_> = machine.kernel.running().map(|alloc| alloc.id.short()).collect();
            let has = machine.facts.allocatable();
            let detail = format!("{}: {dimension}: {used:?} of {has:?} by {running:?}", machine.facts.name);
            violated("no_over_commit_as_run", detail)
        }
    }
}
