//! `count_reached`: at rest a group has as many allocations as it wants, or one that failed for good in each missing
//! one's place; whatever else is missing has an evaluation that says so.

use muster_model::{ClientStatus, Job};
use muster_state::Snapshot;

use super::{Check, violated};

pub fn at_rest(snapshot: &Snapshot, job: &Job) -> Check {
    if job.kind.is_per_node() {
        return Ok(());
    }
    let key = job.key();
    for group in &job.groups {
        let (mut live, mut over) = (0_u32, 0_u32);
        for alloc in snapshot.allocs_by_job(&key) {
            let of_group = alloc.job.create_index == job.create_index
                && !alloc.server_terminal()
                && !alloc.is_canary()
                && alloc.group_spec().is_some_and(|spec| spec.name == group.name);
            match alloc.client {
                _ if !of_group => {}
                ClientStatus::Complete if job.kind.runs_to_completion() => over += 1,
                ClientStatus::Failed if alloc.next.is_none() => over += 1,
                _ if !alloc.client_terminal() => live += 1,
                _ => {}
            }
        }
        let detail =
            || format!("{key} group {}: {live} live and {over} ended of {}", group.name, group.count);
        if live > group.count || live + over < group.count {
            return violated("count_reached", detail());
        }
    }
    Ok(())
}
