//! Jobs: versions, submissions, and counters of what belongs to each.
//!
//! A row outlives its job for as long as allocations or evaluations name it: it then has no version.

mod row;
mod versions;

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use muster_ids::{GroupName, Index};
use muster_model::{Alloc, Job, JobKey, JobStatus, JobSubmission};
use serde::{Deserialize, Serialize};

use super::Tables;
use crate::change::Change;
use crate::slab::Slab;
use crate::watch::WatchKey;

pub(crate) use row::{JobRow, VersionRow};

/// How many versions of a job are kept unless the cluster was told otherwise, the current one included; those with a
/// tag are kept beside them.
pub const KEPT_VERSIONS: u32 = 6;

#[derive(Clone, Debug, Default)]
pub(crate) struct JobTable {
    pub(crate) ids: OrdMap<JobKey, u32>,
    pub(crate) rows: Slab<Arc<JobRow>>,
    /// Jobs that run on every node: what a new node may concern.
    pub(crate) per_node: OrdSet<u32>,
    /// Jobs of which some group has a scaling policy in force.
    pub(crate) scaled: OrdSet<u32>,
}

/// The stored part of a job's row that is not a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobMarks {
    pub(crate) key: JobKey,
    #[serde(default)]
    pub(crate) job_index: Index,
    #[serde(default)]
    pub(crate) allocs_index: Index,
    #[serde(default)]
    pub(crate) evals_index: Index,
    #[serde(default)]
    pub(crate) queued: BTreeMap<GroupName, u32>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) deployments_index: Index,
}

/// Written once it is used, so that older records stay byte for byte what they were.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde calls")]
fn is_zero(index: &Index) -> bool {
    *index == Index::ZERO
}

/// A submission as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SubmissionRecord {
    pub(crate) key: JobKey,
    pub(crate) version: u64,
    pub(crate) submission: Arc<JobSubmission>,
}

/// Whether an autoscaler has to do with it: what is stopped is not scaled.
fn is_scaled(job: &Job) -> bool {
    !job.stop && job.groups.iter().any(|group| group.scaling.is_some())
}

impl JobTable {
    pub(crate) fn get(&self, key: &JobKey) -> Option<&JobRow> {
        self.at(*self.ids.get(key)?)
    }

    pub(crate) fn at(&self, slot: u32) -> Option<&JobRow> {
        self.rows.get(slot).map(|row| &**row)
    }
}

impl Tables {
    pub(crate) fn job(&self, key: &JobKey) -> Option<&Arc<Job>> {
        self.jobs.get(key)?.current()
    }

    /// The slot of a job's row, made when there is none. What is watched about a job that had no row does not change by
    /// making one: the indexes begin where [`crate::Snapshot::watch_index`] had them.
    pub(crate) fn job_slot(&mut self, cx: &mut Change, key: &JobKey) -> u32 {
        if let Some(slot) = self.jobs.ids.get(key) {
            return *slot;
        }
        let slot = self.load_job_row(key);
        let meta = self.meta;
        self.with_job_marks(slot, |row| {
            row.job_index = meta.jobs;
            row.allocs_index = meta.allocs;
            row.evals_index = meta.evals;
            row.deployments_index = meta.deployments;
        });
        if meta.allocs == cx.index {
            cx.changed.add(WatchKey::JobAllocs(key.clone()));
        }
        if meta.evals == cx.index {
            cx.changed.add(WatchKey::JobEvals(key.clone()));
        }
        if meta.deployments == cx.index {
            cx.changed.add(WatchKey::JobDeployments(key.clone()));
        }
        slot
    }

    /// The slot of a job's row, made bare when there is none.
    pub(crate) fn load_job_row(&mut self, key: &JobKey) -> u32 {
        if let Some(slot) = self.jobs.ids.get(key) {
            return *slot;
        }
        let row = JobRow::new(key.clone());
        self.rehash(0, row.marks_hash());
        let slot = self.jobs.rows.insert(Arc::new(row));
        self.jobs.ids.insert(key.clone(), slot);
        slot
    }

    /// Changes counters, which are not part of the hash.
    pub(crate) fn with_job_counters(&mut self, slot: u32, change: impl FnOnce(&mut JobRow)) {
        if let Some(row) = self.jobs.rows.get_mut(slot) {
            change(Arc::make_mut(row));
        }
    }

    /// Changes watch indexes or queue lengths and with them the hash.
    pub(crate) fn with_job_marks(&mut self, slot: u32, change: impl FnOnce(&mut JobRow)) {
        let Some(row) = self.jobs.rows.get_mut(slot) else { return };
        let row = Arc::make_mut(row);
        let old = row.marks_hash();
        change(row);
        let new = row.marks_hash();
        self.rehash(old, new);
    }

    /// Changes versions and with them the hash, and the counters of the job that this one is a child of.
    fn with_versions(&mut self, slot: u32, change: impl FnOnce(&mut Vec<VersionRow>)) {
        let Some(row) = self.jobs.rows.get_mut(slot) else { return };
        let row = Arc::make_mut(row);
        let sum =
            |row: &JobRow| row.versions.iter().fold(0u64, |sum, version| sum.wrapping_add(version.hash()));
        let (old, was_child) = (sum(row), row.as_child());
        change(&mut row.versions);
        let (new, is_child) = (sum(row), row.as_child());
        let per_node =
            row.current().is_some_and(|job| job.kind.is_per_node() && !job.stop && !job.makes_children());
        let scaled = row.current().is_some_and(|job| is_scaled(job));
        self.rehash(old, new);
        if scaled {
            self.jobs.scaled.insert(slot);
        } else {
            self.jobs.scaled.remove(&slot);
        }
        if per_node {
            self.jobs.per_node.insert(slot);
        } else {
            self.jobs.per_node.remove(&slot);
        }
        if was_child != is_child {
            self.count_child(was_child, |count| count.saturating_sub(1));
            self.count_child(is_child, |count| count.saturating_add(1));
        }
    }

    fn count_child(&mut self, child: Option<(JobKey, JobStatus)>, step: impl FnOnce(u32) -> u32) {
        let Some((parent, status)) = child else { return };
        let parent = self.load_job_row(&parent);
        self.with_job_counters(parent, |row| {
            let count = row.children.of(status);
            *count = step(*count);
        });
    }

    /// What is told of the parent changed with its child.
    fn touch_parent(&mut self, cx: &mut Change, child: u32) {
        let parent = self.jobs.at(child).and_then(JobRow::as_child);
        self.touch_parent_of(cx, parent);
    }

    fn touch_parent_of(&mut self, cx: &mut Change, child: Option<(JobKey, JobStatus)>) {
        let parent = child.and_then(|(parent, _)| self.jobs.ids.get(&parent).copied());
        if let Some(parent) = parent {
            self.touch_job(cx, parent);
            cx.unsettled.insert(parent);
        }
    }

    pub(crate) fn load_versions(&mut self, slot: u32, newest_first: Vec<VersionRow>) {
        self.with_versions(slot, |versions| *versions = newest_first);
    }

    /// Forgets every version, and the scaling events. The row stays while allocations or evaluations name it.
    pub(crate) fn remove_versions(&mut self, cx: &mut Change, slot: u32) {
        let removed = self.jobs.at(slot).and_then(JobRow::current).cloned();
        let child = self.jobs.at(slot).and_then(JobRow::as_child);
        let was_scaled = self.jobs.scaled.contains(&slot);
        self.with_versions(slot, Vec::clear);
        self.touch_scaling_policies(cx, was_scaled);
        if let Some(key) = self.jobs.at(slot).map(|row| row.key.clone()) {
            self.remove_scaling_events(&key);
        }
        self.clear_queued(slot);
        self.touch_job(cx, slot);
        cx.unsettled.insert(slot);
        self.touch_parent_of(cx, child);
        if let Some(job) = removed {
            self.forget_launches(&job.key());
            self.orphan_dispatch_token(cx, &job);
        }
    }

    /// Marks the job running ahead of its first allocations, so that they share the row that stays.
    pub(crate) fn expect_live(&mut self, cx: &mut Change, slot: u32) {
        let current = self.jobs.at(slot).and_then(JobRow::current);
        if current.is_some_and(|job| job.status != JobStatus::Running) {
            self.set_status(cx, slot, JobStatus::Running);
        }
    }

    pub(crate) fn settle_job(&mut self, cx: &mut Change, slot: u32) {
        let Some(row) = self.jobs.at(slot) else { return };
        if let Some(job) = row.current() {
            let status = row.status(job);
            if job.status != status {
                self.set_status(cx, slot, status);
            }
        } else if !row.is_named() && self.deployments.of_job(&row.key).next().is_none() {
            let (key, old) = (row.key.clone(), row.marks_hash());
            self.rehash(old, 0);
            self.jobs.rows.remove(slot);
            self.jobs.ids.remove(&key);
        }
    }

    pub(crate) fn clear_queued(&mut self, slot: u32) {
        self.with_job_marks(slot, |row| row.counts.iter_mut().for_each(|(_, counts)| counts.queued = 0));
    }

    /// A placement serves one that was queued.
    pub(crate) fn take_queued(&mut self, slot: u32, alloc: &Alloc) {
        let Some(group) = alloc.group_spec() else { return };
        let queued =
            |row: &JobRow| row.counts.iter().any(|(name, counts)| *name == group.name && counts.queued > 0);
        if self.jobs.at(slot).is_some_and(queued) {
            self.with_job_marks(slot, |row| row.counts_mut(&group.name).queued -= 1);
        }
    }

    pub(super) fn touch_job(&mut self, cx: &mut Change, slot: u32) {
        self.with_job_marks(slot, |row| row.job_index = cx.index);
        if let Some(row) = self.jobs.at(slot) {
            cx.changed.add(WatchKey::Job(row.key.clone()));
        }
        self.meta.jobs = cx.index;
        cx.changed.add(WatchKey::Jobs);
    }

    pub(crate) fn touch_job_allocs(&mut self, cx: &mut Change, slot: u32) {
        if let Some(row) = self.jobs.at(slot).filter(|row| row.allocs_index != cx.index) {
            cx.changed.add(WatchKey::JobAllocs(row.key.clone()));
            self.with_job_marks(slot, |row| row.allocs_index = cx.index);
        }
    }

    pub(crate) fn touch_job_evals(&mut self, cx: &mut Change, slot: u32) {
        if let Some(row) = self.jobs.at(slot).filter(|row| row.evals_index != cx.index) {
            cx.changed.add(WatchKey::JobEvals(row.key.clone()));
            self.with_job_marks(slot, |row| row.evals_index = cx.index);
        }
    }
}
