//! `nodes_agree`: at rest every node has said what it has to say, runs what servers want of it, and nothing else.

use muster_model::NodeStatus;
use muster_state::Snapshot;

use super::{Check, disconnect_terms, violated};
use crate::node::Machine;
use crate::sim::Sim;

pub fn at_rest(sim: &Sim, snapshot: &Snapshot) -> Check {
    for machine in &sim.nodes {
        if !machine.is_settled() {
            return violated("nodes_agree", format!("{} does not come to rest", machine.facts.name));
        }
        let known = snapshot.node(machine.id()).is_some_and(|node| node.status == NodeStatus::Ready);
        if !known {
            return violated("nodes_agree", format!("{} is not ready for the servers", machine.facts.name));
        }
        runs_what_is_wanted(machine, snapshot)?;
    }
    let machines: std::collections::BTreeSet<_> = sim.nodes.iter().map(Machine::id).collect();
    for node in snapshot.nodes().filter(|node| !machines.contains(&node.id)) {
        let held = snapshot
            .allocs_by_node(node.id)
            .any(|alloc| !alloc.client_terminal() && !disconnect_terms::waits_for_ever(alloc));
        if node.status != NodeStatus::Down || held {
            return violated("nodes_agree", format!("{} is gone, and servers count on it", node.name));
        }
    }
    Ok(())
}

fn runs_what_is_wanted(machine: &Machine, snapshot: &Snapshot) -> Check {
    let name = &machine.facts.name;
    for alloc in snapshot.allocs_by_node(machine.id()).filter(|alloc| !alloc.client_terminal()) {
        let there = machine.allocs.get(&alloc.id).is_some_and(|this| !this.runner.is_over());
        if alloc.server_terminal() || !there {
            let (desired, id) = (alloc.desired.as_str(), alloc.id);
            let detail = format!("{name}: {id} is to {desired}, has not ended; on the node: {there}");
            return violated("nodes_agree", detail);
        }
    }
    for alloc in machine.kernel.running() {
        if snapshot.alloc(alloc.id).is_none_or(|alloc| alloc.terminal()) {
            return violated("nodes_agree", format!("{name}: {} runs unwanted", alloc.id));
        }
    }
    Ok(())
}
