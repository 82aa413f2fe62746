//! The versions of a job: which are kept, and what is said about each.

use std::sync::Arc;

use muster_model::{Job, JobKey, JobStatus, JobSubmission, VersionTag};

use super::{JobRow, VersionRow};
use crate::change::Change;
use crate::command::{Event, Refusal};
use crate::tables::Tables;
use crate::watch::WatchKey;

/// Drops versions beyond the `tracked` newest. Those with a tag stay, and so does the newest stable one before the
/// current, since a failed rollout must have something to go back to: the oldest one without a tag goes in its place.
fn prune(newest_first: &mut Vec<VersionRow>, tracked: usize) {
    let mut position = 0;
    let stable = newest_first.iter().skip(1).position(|row| row.job.stable && !row.job.stop);
    let rescued = stable.map(|at| at + 1).filter(|at| *at >= tracked && tracked > 1);
    let tagged = |row: &VersionRow| row.job.version_tag.is_some();
    let rescued = rescued.filter(|at| newest_first.get(*at).is_some_and(|row| !tagged(row)));
    let newest = newest_first.iter().take(tracked).enumerate().skip(1);
    let victim = rescued.and_then(|_| newest.filter(|(_, row)| !tagged(row)).map(|(at, _)| at).next_back());
    newest_first.retain(|row| {
        let at = position;
        position += 1;
        tagged(row) || (at < tracked && victim != Some(at)) || (rescued == Some(at) && victim.is_some())
    });
}

impl JobRow {
    /// The newest version that has proven itself and runs something, `except` one.
    pub(crate) fn newest_stable(&self, except: u64) -> Option<&VersionRow> {
        self.versions.iter().find(|row| row.job.stable && !row.job.stop && row.job.version != except)
    }
}

impl Tables {
    /// The slot of a job that is registered.
    pub(crate) fn existing_job(&self, key: &JobKey) -> Result<u32, Refusal> {
        let slot = self.jobs.ids.get(key).copied();
        let slot = slot.filter(|slot| self.jobs.at(*slot).is_some_and(|row| row.current().is_some()));
        slot.ok_or_else(|| Refusal::NoSuchJob { job: key.id.clone() })
    }

    pub(crate) fn current_version(&self, slot: u32, key: &JobKey) -> Result<u64, Refusal> {
        let current = self.jobs.at(slot).and_then(JobRow::current).map(|job| job.version);
        current.ok_or_else(|| Refusal::NoSuchJob { job: key.id.clone() })
    }

    pub(crate) fn kept_version(&self, key: &JobKey, version: u64) -> Result<VersionRow, Refusal> {
        let row = self.jobs.get(key).and_then(|row| row.version(version));
        row.cloned().ok_or_else(|| Refusal::NoSuchJobVersion {
            job: key.id.clone(),
            namespace: key.namespace.clone(),
            version,
        })
    }

    /// The number of the version that has this tag.
    pub(crate) fn tagged_version(&self, slot: u32, name: &str) -> Option<u64> {
        let named = |row: &&VersionRow| row.job.version_tag.as_deref().is_some_and(|tag| *tag.name == *name);
        self.jobs.at(slot)?.versions.iter().find(named).map(|row| row.job.version)
    }

    /// Makes `job` the current version and forgets those beyond what is kept.
    pub(crate) fn push_version(
        &mut self,
        cx: &mut Change,
        slot: u32,
        job: Arc<Job>,
        submission: Option<Arc<JobSubmission>>,
    ) {
        let tracked = self.meta.tracked_versions as usize;
        let was_scaled = self.jobs.scaled.contains(&slot);
        self.with_versions(slot, |versions| {
            versions.insert(0, VersionRow::new(job, submission));
            prune(versions, tracked);
        });
        let is_scaled = self.jobs.scaled.contains(&slot);
        self.touch_scaling_policies(cx, was_scaled || is_scaled);
        self.touch_job(cx, slot);
        self.touch_parent(cx, slot);
        self.follow_schedule(cx, slot);
    }

    /// What an autoscaler sees changes with the version that it is from.
    pub(super) fn touch_scaling_policies(&mut self, cx: &mut Change, changed: bool) {
        if changed {
            self.meta.scaling_policies = cx.index;
            cx.changed.add(WatchKey::ScalingPolicies);
        }
    }

    /// Changes what the servers keep beside the specification of one version; its number stays.
    fn change_version(&mut self, cx: &mut Change, slot: u32, version: u64, change: impl FnOnce(&mut Job)) {
        let (index, mut current) = (cx.index, None);
        self.with_versions(slot, |versions| {
            let Some(at) = versions.iter().position(|row| row.job.version == version) else { return };
            let Some(row) = versions.get_mut(at) else { return };
            let mut job = Job::clone(&row.job);
            change(&mut job);
            job.modify_index = index;
            row.replace(Arc::new(job));
            current = (at == 0).then(|| Arc::clone(&row.job));
        });
        // Who follows jobs takes what they hear of last for the current version.
        cx.events.extend(current.map(Event::JobChanged));
        self.touch_job(cx, slot);
    }

    /// Nothing changes when the version is not kept or has been told the same before.
    pub(crate) fn set_stable(&mut self, cx: &mut Change, slot: u32, version: u64, stable: bool) {
        let kept = self.jobs.at(slot).and_then(|row| row.version(version));
        if kept.is_some_and(|row| row.job.stable != stable) {
            self.change_version(cx, slot, version, |job| job.stable = stable);
        }
    }

    pub(crate) fn set_tag(&mut self, cx: &mut Change, slot: u32, version: u64, tag: Option<VersionTag>) {
        self.change_version(cx, slot, version, |job| job.version_tag = tag.map(Box::new));
    }

    /// Gives the current version another status; the specification and its number stay.
    pub(super) fn set_status(&mut self, cx: &mut Change, slot: u32, status: JobStatus) {
        let current = self.jobs.at(slot).and_then(JobRow::current).map(|job| job.version);
        if let Some(version) = current {
            self.change_version(cx, slot, version, |job| job.status = status);
            self.touch_parent(cx, slot);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use muster_model::JobType;

    use super::*;

    /// Versions named by number, newest first: `s` is stable, `t` tagged, `x` stopped.
    fn left(tracked: usize, versions: &[(u64, &str)]) -> Vec<u64> {
        let row = |(version, marks): &(u64, &str)| {
            let mut job = muster_builders::job("a", JobType::Service, 1);
            job.version = *version;
            job.stable = marks.contains('s');
            job.stop = marks.contains('x');
            job.version_tag =
                marks.contains('t').then(|| Box::new(VersionTag::new(&version.to_string(), "").unwrap()));
            VersionRow::new(Arc::new(job), None)
        };
        let mut rows: Vec<VersionRow> = versions.iter().map(row).collect();
        prune(&mut rows, tracked);
        rows.iter().map(|row| row.job.version).collect()
    }

    #[test]
    fn the_newest_are_kept() {
        assert_eq!(left(3, &[(3, ""), (2, ""), (1, ""), (0, "")]), [3, 2, 1]);
        assert_eq!(left(1, &[(3, ""), (2, "s"), (1, "")]), [3]);
        assert_eq!(left(6, &[(1, ""), (0, "")]), [1, 0]);
    }

    #[test]
    fn a_tag_keeps_a_version_beside_them() {
        assert_eq!(left(2, &[(4, ""), (3, ""), (2, ""), (1, "t"), (0, "t")]), [4, 3, 1, 0]);
    }

    #[test]
    fn the_newest_stable_one_takes_the_place_of_the_oldest() {
        assert_eq!(left(3, &[(4, ""), (3, ""), (2, ""), (1, "s"), (0, "s")]), [4, 3, 1]);
        assert_eq!(
            left(3, &[(4, "s"), (3, ""), (2, ""), (1, "s")]),
            [4, 3, 1],
            "the current one is no way back"
        );
        assert_eq!(left(3, &[(4, ""), (3, "s"), (2, ""), (1, "s")]), [4, 3, 2]);
        assert_eq!(left(3, &[(4, ""), (3, ""), (2, "t"), (1, "s")]), [4, 2, 1]);
        assert_eq!(left(3, &[(4, ""), (3, ""), (2, ""), (1, "sx")]), [4, 3, 2], "nobody goes back to a stop");
        assert_eq!(left(3, &[(4, ""), (3, ""), (2, ""), (1, "st")]), [4, 3, 2, 1]);
    }
}
