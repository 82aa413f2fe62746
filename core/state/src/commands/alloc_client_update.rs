//! What a node says about its allocations. Only about its own, and what it said has ended stays ended.

use std::sync::Arc;

use muster_model::{Alloc, ClientStatus, EvalTrigger, Job, JobType};

use super::node_evals::Concerned;
use crate::change::Change;
use crate::command::{AllocClientUpdate, AllocStatusReport, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &AllocClientUpdate,
) -> Result<Reply, Refusal> {
    if tables.node_slot(command.node_id).is_none() {
        return Err(Refusal::NodeNotFound);
    }
    let mut unknown = Vec::new();
    let mut concerned = Concerned::default();
    for report in &command.updates {
        let slot = tables.allocs.ids.get(&report.id).copied();
        let own = slot.and_then(|slot| Some((slot, &tables.allocs.rows.get(slot)?.alloc)));
        let Some((slot, old)) = own.filter(|(_, alloc)| alloc.node_id == command.node_id) else {
            unknown.push(report.id);
            continue;
        };
        let Some(alloc) = successor(cx, old, report) else { continue };
        if needs_evaluation(tables, old, &alloc) {
            concerned.add(tables, &alloc.job);
        }
        tables.replace_alloc(cx, slot, alloc);
    }
    let evals = concerned.evaluate(tables, cx, command.seed, EvalTrigger::AllocFailure, None);
    Ok(Reply::AllocsUpdated { evals, unknown })
}

/// The row after the report; `None` when the report says nothing new or would revive what has ended. One that the
/// servers gave up for lost may still tell how it really ended.
fn successor(cx: &Change, old: &Alloc, report: &AllocStatusReport) -> Option<Alloc> {
    let allowed = match old.client {
        ClientStatus::Complete | ClientStatus::Failed => report.status == old.client,
        ClientStatus::Lost => report.status.is_terminal(),
        _ => true,
    };
    let same = old.client == report.status
        && old.client_description == report.description
        && *old.tasks == *report.tasks;
    if same || !allowed {
        return None;
    }
    let mut alloc = old.clone();
    alloc.client = report.status;
    alloc.client_description.clone_from(&report.description);
    alloc.tasks = report.tasks.clone().into();
    alloc.modify_index = cx.index;
    alloc.modify_time = cx.now;
    Some(alloc)
}

/// Whether the job must be looked at again because a wanted allocation ended.
fn needs_evaluation(tables: &Tables, old: &Alloc, new: &Alloc) -> bool {
    let ended = !old.client_terminal() && new.client_terminal();
    if !ended || new.server_terminal() {
        return false;
    }
    let current = tables.job(&new.job.key());
    let wanted = current.is_some_and(|job| !job.stop && same_job(job, &new.job));
    let matters = match new.client {
        ClientStatus::Failed => matches!(new.job.kind, JobType::Service | JobType::Batch),
        ClientStatus::Complete => matches!(new.job.kind, JobType::Service | JobType::System),
        _ => true,
    };
    wanted && matters
}

/// Not another job of the same name that was registered after a purge.
fn same_job(a: &Arc<Job>, b: &Arc<Job>) -> bool {
    a.create_index == b.create_index
}
