//! Stops a job, or forgets it at once, and writes the evaluation that ends its allocations.

use std::sync::Arc;

use muster_ids::Index;
use muster_model::{EvalTrigger, Job};

use super::job_store::evaluate;
use crate::change::Change;
use crate::command::{Event, JobDeregister, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &JobDeregister) -> Result<Reply, Refusal> {
    let slot = tables.jobs.ids.get(&command.key).copied();
    let current = slot.and_then(|slot| Some((slot, Arc::clone(tables.jobs.at(slot)?.current()?))));
    let Some((slot, current)) = current else {
        return Ok(Reply::JobDeregistered { job_modify_index: Index::ZERO, eval_id: None });
    };
    let job = if current.stop { current } else { stop(tables, cx, slot, &current) };
    if command.no_shutdown_delay {
        skip_shutdown_delays(tables, cx, slot);
    }
    tables.clear_queued(slot);
    if command.purge {
        tables.remove_versions(cx, slot);
    }
    cx.events.push(Event::JobDeregistered { job: Arc::clone(&job), purged: command.purge });
    let (trigger, priority) = (EvalTrigger::JobDeregister, command.eval_priority);
    let eval_id = evaluate(tables, cx, &job, trigger, command.eval_id, priority);
    Ok(Reply::JobDeregistered { job_modify_index: job.job_modify_index, eval_id })
}

/// A stop is a version of its own, so that the one before it can be started again by name.
fn stop(tables: &mut Tables, cx: &mut Change, slot: u32, current: &Job) -> Arc<Job> {
    let mut job = current.clone();
    job.stop = true;
    job.version += 1;
    job.stable = false;
    job.version_tag = None;
    job.modify_index = cx.index;
    job.job_modify_index = cx.index;
    job.submit_time = cx.now;
    if let Some(row) = tables.jobs.at(slot) {
        job.status = row.status_with_eval(&job);
    }
    let submission = tables.jobs.at(slot).and_then(|row| row.version(current.version)?.submission.clone());
    let job = Arc::new(job);
    tables.push_version(cx, slot, Arc::clone(&job), submission.map(|(submission, _)| submission));
    job
}

fn skip_shutdown_delays(tables: &mut Tables, cx: &mut Change, slot: u32) {
    let live = tables.allocs.of(&tables.allocs.by_job, slot).filter(|alloc| !alloc.terminal());
    let mut ids: Vec<_> = live.map(|alloc| alloc.id).collect();
    ids.sort_unstable();
    let index = cx.index;
    for id in ids {
        tables.mark_alloc(cx, id, |alloc| {
            alloc.transition.no_shutdown_delay = true;
            alloc.alloc_modify_index = index;
        });
    }
}
