//! `stopped_runs_nothing`: at rest nothing runs of a job that is stopped or gone, in the state or on any machine.

use muster_model::Job;
use muster_state::Snapshot;

use super::{Check, violated};
use crate::sim::Sim;

pub fn at_rest(sim: &Sim, snapshot: &Snapshot) -> Check {
    let wanted = |of: &Job| {
        snapshot.job(&of.key()).is_some_and(|job| !job.stop && job.create_index == of.create_index)
    };
    for alloc in snapshot.allocs().filter(|alloc| !alloc.client_terminal()) {
        if !wanted(&alloc.job) {
            return violated("stopped_runs_nothing", format!("{} {} has not ended", alloc.name(), alloc.id));
        }
    }
    for machine in &sim.nodes {
        if let Some(alloc) = machine.kernel.running().find(|alloc| !wanted(&alloc.job)) {
            let detail = format!("{} {} runs on {}", alloc.name(), alloc.id, machine.facts.name);
            return violated("stopped_runs_nothing", detail);
        }
    }
    Ok(())
}
