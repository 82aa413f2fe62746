//! A job as somebody wants it, and the evaluation that makes it real.

use std::sync::Arc;

use muster_ids::Index;
use muster_model::{EvalTrigger, Evaluation};

use super::job_store::{next_version, places_exist};
use crate::change::Change;
use crate::command::{JobRegister, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &JobRegister) -> Result<Reply, Refusal> {
    judge(tables, command)?;
    let slot = tables.job_slot(cx, &command.job.key());
    let submission = command.submission.clone().map(Arc::new);
    let job = next_version(tables, cx, slot, command.job.clone(), submission);
    let mut eval = Evaluation::pending(command.eval_id, &job, EvalTrigger::JobRegister, cx.now);
    eval.priority = command.eval_priority.unwrap_or(job.priority);
    tables.store_eval(cx, eval);
    Ok(Reply::JobRegistered { job_modify_index: job.job_modify_index, eval_id: Some(command.eval_id) })
}

fn judge(tables: &Tables, command: &JobRegister) -> Result<(), Refusal> {
    let job = &command.job;
    places_exist(tables, job)?;
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

pub(super) fn check_and_set(expected: Index, actual: Option<Index>) -> Result<(), Refusal> {
    match actual {
        None if expected == Index::ZERO => Ok(()),
        None => Err(Refusal::JobMissing { expected }),
        Some(_) if expected == Index::ZERO => Err(Refusal::JobExists),
        Some(actual) if actual == expected => Ok(()),
        Some(actual) => Err(Refusal::JobIndexConflict { expected, actual }),
    }
}
