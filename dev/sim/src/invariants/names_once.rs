//! `batch_runs_once`: of a batch job no two wanted allocations have one name, what ended well is not run again for the
//! same version, and two of one name never run at once, unless servers gave the older up or told it to end.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{AllocId, GroupName};
use muster_model::{Alloc, ClientStatus, JobKey, JobType};
use muster_state::Snapshot;

use super::{Check, disconnect_terms, violated};
use crate::sim::Sim;

pub fn of_job(snapshot: &Snapshot, key: &JobKey) -> Check {
    let mut wanted: BTreeMap<(&GroupName, u32), &Arc<Alloc>> = BTreeMap::new();
    for alloc in snapshot.allocs_by_job(key) {
        if alloc.job.kind != JobType::Batch || alloc.server_terminal() || !counts(alloc) {
            continue;
        }
        let Some(group) = alloc.group_spec() else { continue };
        if let Some(other) = wanted.insert((&group.name, alloc.name_index), alloc) {
            let same_run = other.job.create_index == alloc.job.create_index;
            let both_live = !other.client_terminal() && !alloc.client_terminal();
            let done_again = other.job.version == alloc.job.version && same_run;
            // Until the next plan, both are there after the older one's node came back.
            let stands_in = disconnect_terms::stands_in_for(snapshot, alloc, other)
                || disconnect_terms::stands_in_for(snapshot, other, alloc);
            if same_run && (both_live || done_again) && !stands_in {
                let [a, b] = [alloc, other].map(|alloc| format!("{} ({})", alloc.id, alloc.client.as_str()));
                return violated("batch_runs_once", format!("{}: {a} and {b}", alloc.name()));
            }
        }
    }
    Ok(())
}

/// Whether it runs, may run, or did what it was to do.
const fn counts(alloc: &Alloc) -> bool {
    !matches!(alloc.client, ClientStatus::Failed | ClientStatus::Lost)
}

/// Something of `id` was started on this node.
pub fn as_run(sim: &Sim, node: usize, id: AllocId) -> Check {
    let Some(started) = sim.nodes[node].allocs.get(&id).map(|this| &this.alloc) else { return Ok(()) };
    if started.job.kind != JobType::Batch {
        return Ok(());
    }
    let snapshot = sim.servers[sim.newest()].state.snapshot();
    // What runs after the end of an allocation that was told to end is nobody's first run.
    let Some(known) = snapshot.alloc(id).filter(|alloc| !alloc.terminal()) else { return Ok(()) };
    for other in snapshot.allocs_by_job(&started.job.key()) {
        let same = other.id != id
            && other.name_index == started.name_index
            && other.job.create_index == started.job.create_index
            && other.group_spec().map(|group| &group.name) == started.group_spec().map(|group| &group.name);
        if !same || other.terminal() || other.client == ClientStatus::Unknown {
            continue;
        }
        // Nobody stops the one whose node is away before it is back.
        let stands_in = disconnect_terms::stands_in_for(&snapshot, started, other)
            || disconnect_terms::stands_in_for(&snapshot, other, known);
        if stands_in {
            continue;
        }
        let runs_on = sim.nodes.iter().find(|machine| {
            machine.kernel.processes.range((other.id, 0)..=(other.id, usize::MAX)).next().is_some()
        });
        if let Some(machine) = runs_on {
            let detail =
                format!("{}: {id} starts while {} runs on {}", started.name(), other.id, machine.facts.name);
            return violated("batch_runs_once", detail);
        }
    }
    Ok(())
}
