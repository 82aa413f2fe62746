//! An operator ends one allocation; the evaluation does the rest.

use muster_model::{Alloc, DesiredTransition, EvalTrigger, Evaluation};

use crate::change::Change;
use crate::command::{AllocStop, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &AllocStop) -> Result<Reply, Refusal> {
    let slot = tables.allocs.ids.get(&command.id).copied().ok_or(Refusal::AllocNotFound)?;
    let row = tables.allocs.rows.get(slot).ok_or(Refusal::AllocNotFound)?;
    let mut alloc = Alloc::clone(&row.alloc);
    alloc.transition = merged(alloc.transition, command.transition);
    alloc.modify_index = cx.index;
    alloc.modify_time = cx.now;
    let job = tables.job(&alloc.job.key()).unwrap_or(&alloc.job);
    let eval = Evaluation::pending(command.eval_id, job, EvalTrigger::AllocStop, cx.now);
    tables.replace_alloc(cx, slot, alloc);
    tables.store_eval(cx, eval);
    Ok(Reply::AllocStopped { eval_id: command.eval_id })
}

/// Marks are only ever added.
pub(super) const fn merged(a: DesiredTransition, b: DesiredTransition) -> DesiredTransition {
    DesiredTransition {
        migrate: a.migrate || b.migrate,
        reschedule: a.reschedule || b.reschedule,
        force_reschedule: a.force_reschedule || b.force_reschedule,
        no_shutdown_delay: a.no_shutdown_delay || b.no_shutdown_delay,
    }
}
