//! Jobs, their versions, submissions and summaries.

use std::sync::Arc;

use muster_model::{Job, JobKey, JobSubmission};

use super::Snapshot;
use crate::summary::{GroupCounts, JobSummary};
use crate::tables::jobs::JobRow;

impl Snapshot {
    /// The current version.
    #[must_use]
    pub fn job(&self, key: &JobKey) -> Option<&Arc<Job>> {
        self.tables.job(key)
    }

    /// One of the versions that are kept.
    #[must_use]
    pub fn job_version(&self, key: &JobKey, version: u64) -> Option<&Arc<Job>> {
        Some(&self.tables.jobs.get(key)?.version(version)?.job)
    }

    /// Newest first: as many as the cluster keeps, and those with a tag.
    pub fn job_versions<'a>(&'a self, key: &JobKey) -> impl Iterator<Item = &'a Arc<Job>> + use<'a> {
        let row = self.tables.jobs.get(key);
        row.into_iter().flat_map(|row| &row.versions).map(|version| &version.job)
    }

    /// The newest version that has proven itself and was not a stop, other than the current one: what a failed rollout
    /// goes back to.
    #[must_use]
    pub fn newest_stable(&self, key: &JobKey) -> Option<&Arc<Job>> {
        let row = self.tables.jobs.get(key)?;
        row.newest_stable(row.current()?.version).map(|version| &version.job)
    }

    /// The version with this tag.
    #[must_use]
    pub fn tagged_version(&self, key: &JobKey, tag: &str) -> Option<&Arc<Job>> {
        let slot = self.tables.jobs.ids.get(key)?;
        self.job_version(key, self.tables.tagged_version(*slot, tag)?)
    }

    /// How many versions of a job are kept, those with a tag aside.
    #[must_use]
    pub fn tracked_versions(&self) -> u32 {
        self.tables.meta.tracked_versions
    }

    /// The current version of every job, by (namespace, id).
    pub fn jobs(&self) -> impl Iterator<Item = &Arc<Job>> {
        self.tables.jobs.ids.values().filter_map(|slot| self.tables.jobs.at(*slot)?.current())
    }

    /// No groups for a job that does not exist.
    #[must_use]
    pub fn job_summary(&self, key: &JobKey) -> JobSummary {
        let row = self.tables.jobs.get(key);
        row.map_or_else(|| JobSummary { key: key.clone(), groups: Vec::new() }, JobRow::summary)
    }

    /// Jobs whose summary is not what their allocations add up to: none, unless a rule of `apply` is broken.
    #[must_use]
    pub fn miscounted_jobs(&self) -> Vec<JobKey> {
        let differs = |job: &&Arc<Job>| {
            let key = job.key();
            self.job_summary(&key).groups.iter().any(|(group, shown)| {
                let mut counted = GroupCounts { queued: shown.queued, ..GroupCounts::default() };
                for alloc in self.allocs_by_job(&key) {
                    if alloc.group_spec().is_some_and(|spec| spec.name == *group) {
                        *counted.of(alloc.client) += 1;
                    }
                }
                counted != *shown
            })
        };
        self.jobs().filter(differs).map(|job| job.key()).collect()
    }

    /// The source a kept version was made from, when its author sent it.
    #[must_use]
    pub fn submission(&self, key: &JobKey, version: u64) -> Option<&Arc<JobSubmission>> {
        let version = self.tables.jobs.get(key)?.version(version)?;
        version.submission.as_ref().map(|(submission, _)| submission)
    }
}
