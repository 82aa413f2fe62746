//! Jobs, their versions, submissions and summaries.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{JobId, Namespace, UnixNanos};
use muster_model::{Job, JobKey, JobSubmission};

use super::Snapshot;
use crate::command::{JobDispatch, Refusal};
use crate::commands::job_dispatch;
use crate::summary::{ChildCounts, GroupCounts, JobSummary};
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

    /// The current version of every job whose id begins with `prefix`, by id.
    pub fn jobs_with_prefix<'a>(
        &'a self,
        namespace: &Namespace,
        prefix: String,
    ) -> impl Iterator<Item = &'a Arc<Job>> + use<'a> {
        let start = JobId::new(prefix.as_str()).ok().map(|id| JobKey { namespace: namespace.clone(), id });
        let namespace = namespace.clone();
        let range = start.map(|start| self.tables.jobs.ids.range(start..));
        range
            .into_iter()
            .flatten()
            .take_while(move |(key, _)| key.namespace == namespace && key.id.as_str().starts_with(&prefix))
            .filter_map(|(_, slot)| self.tables.jobs.at(*slot)?.current())
    }

    /// The children of a job, by id.
    #[must_use]
    pub fn children(&self, parent: &JobKey) -> Vec<&Arc<Job>> {
        // Ids of children begin with their parent's.
        let prefix = format!("{}/", parent.id);
        let all = self.jobs_with_prefix(&parent.namespace, prefix);
        all.filter(|job| job.parent_id.as_ref() == Some(&parent.id)).collect()
    }

    /// How many children of a job there are.
    #[must_use]
    pub fn child_counts(&self, parent: &JobKey) -> ChildCounts {
        self.tables.jobs.get(parent).map(|row| row.children).unwrap_or_default()
    }

    /// Up to when the schedule of a periodic job has been followed; `None` for a job that follows none.
    #[must_use]
    pub fn schedule_followed_until(&self, key: &JobKey) -> Option<UnixNanos> {
        self.tables.periodic_launches.rows.get(key).map(|record| record.until)
    }

    /// Every job that follows a schedule.
    pub fn scheduled_jobs(&self) -> impl Iterator<Item = &JobKey> {
        self.tables.periodic_launches.rows.keys()
    }

    /// Whether a dispatch would be refused as things are here. A hint that keeps it out of the log; `apply` decides.
    ///
    /// # Errors
    /// The refusal.
    pub fn check_dispatch(&self, command: &JobDispatch) -> Result<(), Refusal> {
        job_dispatch::precheck(&self.tables, command)
    }

    /// No groups for a job that does not exist.
    #[must_use]
    pub fn job_summary(&self, key: &JobKey) -> JobSummary {
        let row = self.tables.jobs.get(key);
        row.map_or_else(
            || JobSummary { key: key.clone(), groups: Vec::new(), children: None },
            JobRow::summary,
        )
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
        let mut found: Vec<JobKey> = self.jobs().filter(differs).map(|job| job.key()).collect();
        let mut children: BTreeMap<JobKey, ChildCounts> = BTreeMap::new();
        for (parent, status) in self.jobs().filter_map(|job| Some((job.parent_key()?, job.status))) {
            *children.entry(parent).or_default().of(status) += 1;
        }
        let miscounted = |job: &&Arc<Job>| {
            let key = job.key();
            self.child_counts(&key) != children.get(&key).copied().unwrap_or_default()
        };
        found.extend(self.jobs().filter(miscounted).map(|job| job.key()));
        found
    }

    /// The source a kept version was made from, when its author sent it.
    #[must_use]
    pub fn submission(&self, key: &JobKey, version: u64) -> Option<&Arc<JobSubmission>> {
        let version = self.tables.jobs.get(key)?.version(version)?;
        version.submission.as_ref().map(|(submission, _)| submission)
    }
}
