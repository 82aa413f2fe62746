//! Versions of a job that something still runs, and that more may be placed in.

use std::sync::Arc;

use muster_model::Job;
use muster_state::Snapshot;

/// The version as servers have it, if they still do: not one of another job of its name, nor one that was stopped.
pub fn version<'a>(job: &Job, snapshot: &'a Snapshot) -> Option<&'a Arc<Job>> {
    let kept = snapshot.job_version(&job.key(), job.version)?;
    (kept.create_index == job.create_index && !kept.stop).then_some(kept)
}
