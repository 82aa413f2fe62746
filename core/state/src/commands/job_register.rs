//! A job as somebody wants it, and the evaluation that makes it real.

use std::sync::Arc;

use muster_ids::{Index, Namespace};
use muster_model::{EvalTrigger, Evaluation, Job};

use crate::change::Change;
use crate::command::{Event, JobRegister, Refusal, Reply};
use crate::tables::Tables;
use crate::tables::jobs::JobRow;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &JobRegister) -> Result<Reply, Refusal> {
    let key = command.job.key();
    judge(tables, command)?;
    let slot = tables.job_slot(cx, &key);
    let existing = tables.jobs.at(slot).and_then(JobRow::current);
    let job = match existing
        .filter(|existing| existing.stop == command.job.stop && existing.same_spec(&command.job))
    {
        Some(unchanged) => Arc::clone(unchanged),
        None => store(tables, cx, slot, command),
    };
    let mut eval = Evaluation::pending(command.eval_id, &job, EvalTrigger::JobRegister, cx.now);
    eval.priority = command.eval_priority.unwrap_or(job.priority);
    tables.store_eval(cx, eval);
    Ok(Reply::JobRegistered { job_modify_index: job.job_modify_index, eval_id: Some(command.eval_id) })
}

fn judge(tables: &Tables, command: &JobRegister) -> Result<(), Refusal> {
    let job = &command.job;
    if job.namespace != Namespace::default_namespace() {
        return Err(Refusal::NamespaceMissing { job: job.id.clone(), namespace: job.namespace.clone() });
    }
    if !tables.pools.rows.contains_key(&job.node_pool) {
        return Err(Refusal::NodePoolMissing { job: job.id.clone(), pool: job.node_pool.clone() });
    }
    let existing = tables.job(&job.key());
    if let Some(expected) = command.enforce_index {
        check_and_set(expected, existing.map(|job| job.job_modify_index))?;
    }
    match existing {
        Some(existing) if existing.kind != job.kind => {
            Err(Refusal::JobTypeChange { from: existing.kind, to: job.kind })
        }
        _ => Ok(()),
    }
}

fn check_and_set(expected: Index, actual: Option<Index>) -> Result<(), Refusal> {
    match actual {
        None if expected == Index::ZERO => Ok(()),
        None => Err(Refusal::JobMissing { expected }),
        Some(_) if expected == Index::ZERO => Err(Refusal::JobExists),
        Some(actual) if actual == expected => Ok(()),
        Some(actual) => Err(Refusal::JobIndexConflict { expected, actual }),
    }
}

/// Makes the next version. Its status counts the evaluation that follows in the same entry.
fn store(tables: &mut Tables, cx: &mut Change, slot: u32, command: &JobRegister) -> Arc<Job> {
    let mut job = command.job.clone();
    let row = tables.jobs.at(slot);
    let existing = row.and_then(JobRow::current);
    job.version = existing.map_or(0, |existing| existing.version + 1);
    job.create_index = existing.map_or(cx.index, |existing| existing.create_index);
    job.modify_index = cx.index;
    job.job_modify_index = cx.index;
    job.submit_time = cx.now;
    job.status = row.map(|row| row.status_with_eval(job.kind, job.stop)).unwrap_or_default();
    let job = Arc::new(job);
    tables.push_version(cx, slot, Arc::clone(&job), command.submission.clone().map(Arc::new));
    cx.events.push(Event::JobRegistered(Arc::clone(&job)));
    job
}
