//! A child of a periodic or parameterized job, and the evaluation that makes it real.

use muster_ids::{EvalId, JobId, NameError, Text};
use muster_model::{EvalTrigger, Job, JobKey};

use super::job_store;
use crate::change::Change;
use crate::tables::Tables;

/// A copy of the parent under its own name, as yet unlike it in nothing else. What neither changes they share.
pub(super) fn of(parent: &Job, id: JobId) -> Job {
    Job { name: id.text(), id, parent_id: Some(parent.id.clone()), ..parent.clone() }
}

pub(super) fn id(parent: &JobKey, rest: &str) -> Result<JobId, NameError> {
    JobId::new(format!("{}/{rest}", parent.id))
}

/// Stores a child that is new, and its evaluation, unless it makes children itself.
pub(super) fn store(
    tables: &mut Tables,
    cx: &mut Change,
    job: Job,
    eval_id: EvalId,
    trigger: EvalTrigger,
) -> Option<EvalId> {
    let slot = tables.job_slot(cx, &job.key());
    let job = job_store::store(tables, cx, slot, job, None);
    job_store::evaluate(tables, cx, &job, trigger, eval_id, None)
}

/// Whether something of this id is or was there that is not forgotten yet.
pub(super) fn is_taken(tables: &Tables, parent: &JobKey, id: &JobId) -> bool {
    tables.jobs.ids.contains_key(&JobKey { namespace: parent.namespace.clone(), id: id.clone() })
}

/// Whole seconds, as they stand in the ids of children.
pub(super) const fn seconds(time: muster_ids::UnixNanos) -> i64 {
    time.0.div_euclid(1_000_000_000)
}

/// An infix that says nothing is none.
pub(super) fn infix(text: Option<&Text>) -> String {
    text.filter(|text| !text.is_empty()).map_or_else(String::new, |text| format!("{text}-"))
}
