//! Looks at a job once more; when forced, failed allocations no longer wait for their turn.

use std::sync::Arc;

use muster_model::{Alloc, ClientStatus, EvalTrigger, Evaluation, Job};

use crate::change::Change;
use crate::command::{JobEvaluate, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &JobEvaluate) -> Result<Reply, Refusal> {
    let slot = tables.existing_job(&command.key).map_err(|_| Refusal::JobNotFound)?;
    let job = tables.job(&command.key).cloned().ok_or(Refusal::JobNotFound)?;
    if job.is_parameterized() {
        return Err(Refusal::EvaluatedParameterized);
    }
    if job.is_periodic() {
        return Err(Refusal::EvaluatedPeriodic);
    }
    if command.force_reschedule {
        force(tables, cx, slot, &job);
    }
    let eval = Evaluation::pending(command.eval_id, &job, EvalTrigger::JobRegister, cx.now);
    tables.store_eval(cx, eval);
    Ok(Reply::JobRegistered { job_modify_index: job.job_modify_index, eval_id: Some(command.eval_id) })
}

/// Marks those that failed and were not replaced, of groups that reschedule at all.
fn force(tables: &mut Tables, cx: &mut Change, slot: u32, job: &Job) {
    let waits = |alloc: &&Arc<Alloc>| {
        let group = alloc.group_spec().and_then(|group| job.group(group.name.as_str()));
        let policy = group.and_then(|(_, group)| group.reschedule.as_ref());
        alloc.client == ClientStatus::Failed
            && !alloc.server_terminal()
            && alloc.next.is_none()
            && !alloc.transition.force_reschedule
            && policy.is_some_and(|policy| policy.unlimited || policy.attempts > 0)
    };
    let failed = tables.allocs.of(&tables.allocs.by_job, slot).filter(waits);
    let mut ids: Vec<_> = failed.map(|alloc| alloc.id).collect();
    ids.sort_unstable();
    for id in ids {
        tables.mark_alloc(cx, id, |alloc| alloc.transition.force_reschedule = true);
    }
}
