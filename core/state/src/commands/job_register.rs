//! A job as somebody wants it, and the evaluation that makes it real.

use std::sync::Arc;

use muster_ids::Index;
use muster_model::planted::{self, Plant};
use muster_model::{EvalTrigger, Job};

use super::job_store::{evaluate, next_version, places_exist};
use crate::change::Change;
use crate::command::{JobRegister, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &JobRegister) -> Result<Reply, Refusal> {
    judge(tables, command)?;
    if planted::is(Plant::StoppedStaysStopped) && tables.job(&command.job.key()).is_some_and(|job| job.stop) {
        return Ok(Reply::JobRegistered { job_modify_index: cx.index, eval_id: None });
    }
    let slot = tables.job_slot(cx, &command.job.key());
    let submission = command.submission.clone().map(Arc::new);
    let job = next_version(tables, cx, slot, command.job.clone(), submission);
    let (trigger, priority) = (EvalTrigger::JobRegister, command.eval_priority);
    let eval_id = evaluate(tables, cx, &job, trigger, command.eval_id, priority);
    Ok(Reply::JobRegistered { job_modify_index: job.job_modify_index, eval_id })
}

fn judge(tables: &Tables, command: &JobRegister) -> Result<(), Refusal> {
    let job = &command.job;
    places_exist(tables, job)?;
    let existing = tables.job(&job.key());
    if let Some(expected) = command.enforce_index {
        check_and_set(expected, existing.map(|job| job.job_modify_index))?;
    }
    match existing {
        Some(existing) => judge_kind(existing, job),
        None => Ok(()),
    }
}

/// What a job is once, it stays. A dispatched child keeps the block that its parent was dispatched by.
fn judge_kind(existing: &Job, job: &Job) -> Result<(), Refusal> {
    if existing.kind != job.kind {
        return Err(Refusal::JobTypeChange { from: existing.kind, to: job.kind });
    }
    let (from, to) = (existing.is_periodic(), job.is_periodic());
    if from != to {
        return Err(Refusal::JobPeriodicChange { from, to });
    }
    let (from, to) = (existing.parameterized.is_some(), job.parameterized.is_some());
    if from != to {
        return Err(Refusal::JobParameterizedChange { from, to });
    }
    Ok(())
}

pub(super) fn check_and_set(expected: Index, actual: Option<Index>) -> Result<(), Refusal> {
    match actual {
        None if expected == Index::ZERO => Ok(()),
        None => Err(Refusal::JobMissing { expected }),
        Some(_) if expected == Index::ZERO => Err(Refusal::JobExists),
        Some(actual) if actual == expected => Ok(()),
        Some(actual) => Err(Refusal::JobIndexConflict { expected, actual }),
    }
}
