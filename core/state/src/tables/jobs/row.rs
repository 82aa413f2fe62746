//! One job's row: its versions, and counters of what belongs to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{GroupName, Index};
use muster_model::{Alloc, Job, JobKey, JobStatus, JobSubmission, JobType};

use super::JobMarks;
use crate::hash::{hash_bytes, hash_row, mix};
use crate::rows::RowKind;
use crate::summary::{ChildCounts, GroupCounts, JobSummary};

#[derive(Clone, Debug)]
pub(crate) struct JobRow {
    pub(crate) key: JobKey,
    key_hash: u64,
    /// Newest first; empty when the job is gone.
    pub(crate) versions: Vec<VersionRow>,
    pub(crate) counts: Vec<(GroupName, GroupCounts)>,
    pub(crate) allocs: u32,
    /// Allocations that are not terminal.
    pub(crate) live: u32,
    /// Allocations that are not client-terminal: they still hold resources.
    pub(crate) holding: u32,
    pub(crate) evals: u32,
    /// Evaluations that are not terminal.
    pub(crate) open_evals: u32,
    pub(crate) children: ChildCounts,
    pub(crate) job_index: Index,
    pub(crate) allocs_index: Index,
    pub(crate) evals_index: Index,
    pub(crate) deployments_index: Index,
}

#[derive(Clone, Debug)]
pub(crate) struct VersionRow {
    pub(crate) job: Arc<Job>,
    hash: u64,
    pub(crate) submission: Option<(Arc<JobSubmission>, u64)>,
}

impl VersionRow {
    pub(crate) fn new(job: Arc<Job>, submission: Option<Arc<JobSubmission>>) -> Self {
        let hash = hash_row(RowKind::JobVersion, &*job);
        let submission = submission.map(|submission| {
            let place = mix(hash_bytes(job.id.as_str().as_bytes()), job.version);
            let content = hash_row(RowKind::JobSubmission, &*submission);
            (submission, mix(place, content))
        });
        Self { job, hash, submission }
    }

    /// Puts another status of the same version in place.
    pub(crate) fn replace(&mut self, job: Arc<Job>) {
        self.hash = hash_row(RowKind::JobVersion, &*job);
        self.job = job;
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash.wrapping_add(self.submission.as_ref().map_or(0, |(_, hash)| *hash))
    }
}

impl JobRow {
    pub(crate) fn new(key: JobKey) -> Self {
        let key_hash = hash_row(RowKind::JobMarks, &key);
        Self {
            key,
            key_hash,
            versions: Vec::new(),
            counts: Vec::new(),
            allocs: 0,
            live: 0,
            holding: 0,
            evals: 0,
            open_evals: 0,
            children: ChildCounts::default(),
            job_index: Index::ZERO,
            allocs_index: Index::ZERO,
            evals_index: Index::ZERO,
            deployments_index: Index::ZERO,
        }
    }

    pub(crate) fn current(&self) -> Option<&Arc<Job>> {
        self.versions.first().map(|version| &version.job)
    }

    pub(crate) fn version(&self, version: u64) -> Option<&VersionRow> {
        self.versions.iter().find(|row| row.job.version == version)
    }

    /// Hash of what [`JobMarks`] stores.
    pub(crate) fn marks_hash(&self) -> u64 {
        let mut indexes =
            mix(mix(mix(self.key_hash, self.job_index.0), self.allocs_index.0), self.evals_index.0);
        // What came later counts once it is used, so that replicas of two releases agree before that.
        if self.deployments_index != Index::ZERO {
            indexes = mix(indexes, self.deployments_index.0);
        }
        self.counts.iter().filter(|(_, counts)| counts.queued > 0).fold(indexes, |sum, (group, counts)| {
            let group = hash_bytes(group.as_str().as_bytes());
            sum.wrapping_add(mix(self.key_hash ^ group, u64::from(counts.queued)))
        })
    }

    pub(crate) fn counts_mut(&mut self, group: &GroupName) -> &mut GroupCounts {
        let place = match self.counts.binary_search_by(|(name, _)| name.cmp(group)) {
            Ok(place) => place,
            Err(place) => {
                self.counts.insert(place, (group.clone(), GroupCounts::default()));
                place
            }
        };
        #[expect(clippy::indexing_slicing, reason = "the place was just found or filled")]
        &mut self.counts[place].1
    }

    pub(crate) fn count_in(&mut self, alloc: &Alloc) {
        self.count(alloc, |count, by| *count = count.saturating_add(by));
    }

    pub(crate) fn count_out(&mut self, alloc: &Alloc) {
        self.count(alloc, |count, by| *count = count.saturating_sub(by));
    }

    fn count(&mut self, alloc: &Alloc, step: impl Fn(&mut u32, u32)) {
        if let Some(group) = alloc.group_spec() {
            step(self.counts_mut(&group.name).of(alloc.client), 1);
        }
        step(&mut self.allocs, 1);
        step(&mut self.live, u32::from(!alloc.terminal()));
        step(&mut self.holding, u32::from(!alloc.client_terminal()));
    }

    /// The parent of the current version, and what it counts it as.
    pub(crate) fn as_child(&self) -> Option<(JobKey, JobStatus)> {
        let job = self.current()?;
        Some((job.parent_key()?, job.status))
    }

    /// Whether anything still needs the row, with or without a job.
    pub(crate) const fn is_named(&self) -> bool {
        self.allocs > 0 || self.evals > 0 || self.children.total() > 0
    }

    /// The status that follows from the specification and what is left of its work. A job that makes children is
    /// running until it is stopped, whatever they do.
    pub(crate) fn status(&self, job: &Job) -> JobStatus {
        match (job.kind, job.stop) {
            (JobType::System, false) => JobStatus::Running,
            (_, false) if job.makes_children() => JobStatus::Running,
            _ if self.live > 0 => JobStatus::Running,
            _ if self.open_evals > 0 => JobStatus::Pending,
            _ => JobStatus::Dead,
        }
    }

    /// The same, counting the evaluation that is about to be stored; a job that makes children has none.
    pub(crate) fn status_with_eval(&self, job: &Job) -> JobStatus {
        match self.status(job) {
            JobStatus::Dead if !job.makes_children() => JobStatus::Pending,
            status => status,
        }
    }

    pub(crate) fn summary(&self) -> JobSummary {
        let mut groups: BTreeMap<GroupName, GroupCounts> =
            self.counts.iter().filter(|(_, counts)| *counts != GroupCounts::default()).cloned().collect();
        for group in self.current().iter().flat_map(|job| job.groups.iter()) {
            groups.entry(group.name.clone()).or_default();
        }
        let has_children =
            self.children.total() > 0 || self.current().is_some_and(|job| job.makes_children());
        JobSummary {
            key: self.key.clone(),
            groups: groups.into_iter().collect(),
            children: has_children.then_some(self.children),
        }
    }

    pub(crate) fn marks(&self) -> JobMarks {
        let queued = self.counts.iter().filter(|(_, counts)| counts.queued > 0);
        JobMarks {
            key: self.key.clone(),
            job_index: self.job_index,
            allocs_index: self.allocs_index,
            evals_index: self.evals_index,
            deployments_index: self.deployments_index,
            queued: queued.map(|(group, counts)| (group.clone(), counts.queued)).collect(),
        }
    }
}
