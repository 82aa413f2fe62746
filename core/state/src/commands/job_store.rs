//! What every command shares that gives a job its next version.

use std::sync::Arc;

use muster_ids::EvalId;
use muster_model::{EvalTrigger, Evaluation, Job, JobSubmission};

use crate::change::Change;
use crate::command::{Event, Refusal};
use crate::tables::Tables;
use crate::tables::jobs::{JobRow, VersionRow};

/// What the job names exists, and its namespace has nothing against it.
pub(super) fn places_exist(tables: &Tables, job: &Job) -> Result<(), Refusal> {
    let Some(namespace) = tables.namespaces.rows.get(&job.namespace) else {
        return Err(Refusal::NamespaceMissing { job: job.id.clone(), namespace: job.namespace.clone() });
    };
    if !tables.pools.rows.contains_key(&job.node_pool) {
        return Err(Refusal::NodePoolMissing { job: job.id.clone(), pool: job.node_pool.clone() });
    }
    let objections = namespace.objections(job);
    if !objections.is_empty() {
        return Err(Refusal::NamespaceForbids { objections });
    }
    Ok(())
}

/// The job as it is from now on: unchanged when the current version asks for the same, else a new version of its own.
pub(super) fn next_version(
    tables: &mut Tables,
    cx: &mut Change,
    slot: u32,
    job: Job,
    submission: Option<Arc<JobSubmission>>,
) -> Arc<Job> {
    let existing = tables.jobs.at(slot).and_then(JobRow::current);
    match existing.filter(|existing| existing.stop == job.stop && existing.same_spec(&job)) {
        Some(unchanged) => Arc::clone(unchanged),
        None => store(tables, cx, slot, job, submission),
    }
}

/// The specification of an earlier version as the newest version. What was said about the earlier one stays with it.
pub(super) fn revert_to(tables: &mut Tables, cx: &mut Change, slot: u32, earlier: &VersionRow) -> Arc<Job> {
    let submission = earlier.submission.as_ref().map(|(submission, _)| Arc::clone(submission));
    next_version(tables, cx, slot, Job::clone(&earlier.job), submission)
}

/// The evaluation that makes the job real; none of a job that runs as children only.
pub(super) fn evaluate(
    tables: &mut Tables,
    cx: &mut Change,
    job: &Job,
    trigger: EvalTrigger,
    id: EvalId,
    priority: Option<u16>,
) -> Option<EvalId> {
    if job.makes_children() {
        return None;
    }
    let mut eval = Evaluation::pending(id, job, trigger, cx.now);
    eval.priority = priority.unwrap_or(job.priority);
    tables.store_eval(cx, eval);
    Some(id)
}

/// The job as the newest version of its own, whatever it asks for. Its status counts the evaluation that follows in the
/// same entry.
pub(super) fn store(
    tables: &mut Tables,
    cx: &mut Change,
    slot: u32,
    mut job: Job,
    submission: Option<Arc<JobSubmission>>,
) -> Arc<Job> {
    let row = tables.jobs.at(slot);
    let existing = row.and_then(JobRow::current);
    job.version = existing.map_or(0, |existing| existing.version + 1);
    job.stable = false;
    job.version_tag = None;
    job.create_index = existing.map_or(cx.index, |existing| existing.create_index);
    job.modify_index = cx.index;
    job.job_modify_index = cx.index;
    job.submit_time = cx.now;
    if let Some(existing) = existing {
        job.stay_child_of(existing);
    }
    job.status = row.map(|row| row.status_with_eval(&job)).unwrap_or_default();
    let job = Arc::new(job);
    tables.push_version(cx, slot, Arc::clone(&job), submission);
    cx.events.push(Event::JobRegistered(Arc::clone(&job)));
    job
}
