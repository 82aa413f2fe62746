//! Another count for one group of a job, or word of why it keeps the one it has.

use muster_model::planted::{self, Plant};
use muster_model::{EvalTrigger, Group, Job, ScalingEvent};

use super::job_register::check_and_set;
use super::job_store::{evaluate, next_version};
use crate::change::Change;
use crate::command::{JobScale, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &JobScale) -> Result<Reply, Refusal> {
    let missing = || Refusal::ScaledJobMissing { job: command.key.id.clone() };
    let slot = tables.existing_job(&command.key).map_err(|_| missing())?;
    let mut job = tables.job(&command.key).cloned().ok_or_else(missing)?;
    let previous_count = judge(&job, command)?.count;
    if command.count.is_some() && is_rolling_out(tables, &job) {
        return Err(Refusal::ScaledDuringDeployment);
    }
    let mut eval_id = None;
    if let Some(count) = command.count {
        let submission =
            tables.jobs.get(&command.key).and_then(|row| row.version(job.version)?.submission.clone());
        job = next_version(tables, cx, slot, scaled(&job, command, count), submission.map(|(kept, _)| kept));
        eval_id = evaluate(tables, cx, &job, EvalTrigger::JobScaling, command.eval_id, None);
    }
    let event = ScalingEvent {
        time: cx.now,
        count: command.count,
        previous_count,
        message: command.message.clone(),
        error: command.error,
        meta: command.meta.clone(),
        eval_id,
        create_index: cx.index,
    };
    tables.add_scaling_event(cx, slot, &command.key, &command.group, event);
    Ok(Reply::JobRegistered { job_modify_index: job.job_modify_index, eval_id })
}

/// A rollout goes from one count to another already; two at once would be nobody's wish.
fn is_rolling_out(tables: &Tables, job: &Job) -> bool {
    let mut own = tables
        .deployments
        .of_job(&job.key())
        .filter(|deployment| deployment.job_create_index == job.create_index);
    own.any(|deployment| deployment.status.is_active())
}

fn judge<'a>(job: &'a Job, command: &JobScale) -> Result<&'a Group, Refusal> {
    if let Some(expected) = command.enforce_index {
        check_and_set(expected, Some(job.job_modify_index))?;
    }
    let (_, group) = job
        .group(command.group.as_str())
        .ok_or_else(|| Refusal::ScaledGroupMissing { group: command.group.clone() })?;
    let Some(count) = command.count else { return Ok(group) };
    if job.kind.is_per_node() && count > 1 {
        return Err(Refusal::ScaledPerNode { kind: job.kind });
    }
    if let Some(policy) = group.scaling.as_ref().filter(|_| !planted::is(Plant::ScalingKnowsNoBounds)) {
        if u64::from(count) < policy.min {
            return Err(Refusal::ScaledBelowMinimum { count, min: policy.min });
        }
        if u64::from(count) > policy.max {
            return Err(Refusal::ScaledAboveMaximum { count, max: policy.max });
        }
    }
    let others = job.groups.iter().filter(|other| other.name != group.name);
    let total = others.fold(u64::from(count), |sum, other| sum + u64::from(other.count));
    if command.max_total > 0 && total > u64::from(command.max_total) {
        return Err(Refusal::ScaledAboveLimit { total, max: command.max_total });
    }
    Ok(group)
}

fn scaled(job: &Job, command: &JobScale, count: u32) -> Job {
    let mut job = job.clone();
    if let Some(group) = job.groups.iter_mut().find(|group| group.name == command.group) {
        group.count = count;
    }
    job
}
