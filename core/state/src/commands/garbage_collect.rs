//! Forgets what is over. The leader chose by age; whether each object really is over is decided here.

use std::sync::Arc;

use muster_model::{Alloc, ClientStatus, JobKey, NodeStatus};

use crate::change::Change;
use crate::command::{Event, GarbageCollect, Reply};
use crate::tables::Tables;
use crate::tables::jobs::JobRow;

/// Allocations go first, so that what only they held can go in the same command.
pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &GarbageCollect) -> Reply {
    let allocs = keep_those(&command.allocs, |id| {
        let over = tables.allocs.get(*id).is_some_and(|row| alloc_is_over(tables, &row.alloc));
        if over {
            tables.remove_alloc(cx, *id);
        }
        over
    });
    let evals = keep_those(&command.evals, |id| {
        let over = tables.evals.get(*id).is_some_and(|row| row.eval.status.is_terminal() && row.allocs == 0);
        if over {
            tables.remove_eval(cx, *id);
        }
        over
    });
    let jobs = keep_those(&command.jobs, |key| {
        let slot = tables.jobs.ids.get(key).copied().filter(|_| job_is_over(tables, key));
        if let Some(slot) = slot {
            let job = tables.jobs.at(slot).and_then(JobRow::current).cloned();
            cx.events.extend(job.map(Event::JobCollected));
            tables.remove_versions(cx, slot);
        }
        slot.is_some()
    });
    let deployments = keep_those(&command.deployments, |id| {
        let over = tables.deployments.get(*id).is_some_and(|deployment| {
            !deployment.status.is_active() || tables.job(&deployment.job_key()).is_none()
        });
        if over {
            tables.remove_deployment(cx, *id);
        }
        over
    });
    let nodes = keep_those(&command.nodes, |id| {
        let slot = tables.nodes.slot_of(*id).filter(|slot| node_is_over(tables, *slot));
        if let Some(slot) = slot {
            let node = tables.nodes.get(slot).map(|row| Arc::clone(row.node()));
            cx.events.extend(node.map(Event::NodeCollected));
            tables.remove_node(cx, slot);
        }
        slot.is_some()
    });
    let count = |removed: usize| u32::try_from(removed).unwrap_or(u32::MAX);
    let reply = Reply::Collected {
        evals: count(evals.len()),
        allocs: count(allocs.len()),
        jobs: count(jobs.len()),
        nodes: count(nodes.len()),
    };
    if !deployments.is_empty() {
        cx.events.push(Event::DeploymentsCollected(deployments));
    }
    if !(evals.is_empty() && allocs.is_empty() && jobs.is_empty() && nodes.is_empty()) {
        cx.events.push(Event::Collected { evals, allocs, jobs, nodes });
    }
    reply
}

fn keep_those<T: Clone>(all: &[T], mut remove: impl FnMut(&T) -> bool) -> Vec<T> {
    all.iter().filter(|one| remove(one)).cloned().collect()
}

/// Ended as its node says, or lost on a node that is gone: one that came back has yet to say that it ended.
pub(super) fn alloc_is_over(tables: &Tables, alloc: &Alloc) -> bool {
    let gone =
        || tables.node_slot(alloc.node_id).is_none_or(|(_, row)| row.node().status == NodeStatus::Down);
    alloc.client_terminal() && (alloc.client != ClientStatus::Lost || gone())
}

/// Stopped, or a batch that ran to its end; with nothing left that runs or waits.
fn job_is_over(tables: &Tables, key: &JobKey) -> bool {
    tables.jobs.get(key).is_some_and(|row| {
        let runs_out = |job: &muster_model::Job| job.kind.runs_to_completion() && !job.makes_children();
        let done = row.current().is_some_and(|job| job.stop || runs_out(job));
        done && row.live == 0 && row.holding == 0 && row.open_evals == 0
    })
}

/// Down, and no allocation names it any more.
fn node_is_over(tables: &Tables, slot: u32) -> bool {
    let down = tables.nodes.get(slot).is_some_and(|row| row.node().status == NodeStatus::Down);
    down && tables.allocs.of(&tables.allocs.by_node, slot).next().is_none()
}
