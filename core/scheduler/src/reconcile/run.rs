//! Which versions of a job are one run of it: work done in an earlier run is not done for this one.
//!
//! A job begins anew when it was stopped and registered again. A job that runs to completion also begins anew with
//! every version that is more than another count: who changes it wants the work done again, who asks for more
//! wants only what is missing.

use std::sync::Arc;

use muster_model::{Alloc, Job};
use muster_state::Snapshot;

#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    job: &'a Job,
    first_version: u64,
}

impl<'a> Run<'a> {
    /// Where the history that is kept ends before the run does, a job that runs to completion begins with what is
    /// kept: work done twice is better than work never done.
    pub fn current(job: &'a Job, snapshot: &Snapshot) -> Self {
        let to_completion = job.kind.runs_to_completion();
        let mut first_version = job.version;
        let mut newer = job;
        for older in snapshot.job_versions(&job.key()).filter(|older| older.version < job.version) {
            if older.stop || (to_completion && !differ_in_counts_only(older, newer)) {
                return Self { job, first_version };
            }
            first_version = older.version;
            newer = older;
        }
        if !to_completion {
            first_version = 0;
        }
        Self { job, first_version }
    }

    pub fn includes(&self, alloc: &Alloc) -> bool {
        alloc.job.create_index == self.job.create_index && alloc.job.version >= self.first_version
    }
}

fn differ_in_counts_only(old: &Arc<Job>, new: &Job) -> bool {
    if old.groups.len() != new.groups.len() {
        return false;
    }
    let mut old = Job::clone(old);
    for (old, new) in old.groups.iter_mut().zip(&new.groups) {
        old.count = new.count;
    }
    old.same_spec(new)
}
