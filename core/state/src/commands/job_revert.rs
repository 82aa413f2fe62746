//! An earlier version's specification becomes the newest version, and the evaluation that makes it real.

use muster_model::EvalTrigger;

use super::job_store::{evaluate, places_exist, revert_to};
use crate::change::Change;
use crate::command::{JobRevert, Refusal, Reply};
use crate::tables::Tables;
use crate::tables::jobs::VersionRow;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &JobRevert) -> Result<Reply, Refusal> {
    let (slot, earlier) = judge(tables, command)?;
    let job = revert_to(tables, cx, slot, &earlier);
    let eval_id = evaluate(tables, cx, &job, EvalTrigger::JobRegister, command.eval_id, None);
    Ok(Reply::JobRegistered { job_modify_index: job.job_modify_index, eval_id })
}

fn judge(tables: &Tables, command: &JobRevert) -> Result<(u32, VersionRow), Refusal> {
    let slot = tables.existing_job(&command.key)?;
    let current = tables.current_version(slot, &command.key)?;
    if command.version == current {
        return Err(Refusal::RevertToCurrent);
    }
    let earlier = tables.kept_version(&command.key, command.version)?;
    match command.enforce_prior_version {
        Some(enforced) if enforced != current => Err(Refusal::PriorVersion { current, enforced }),
        _ => places_exist(tables, &earlier.job).map(|()| (slot, earlier)),
    }
}
