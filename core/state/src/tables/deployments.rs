//! Deployments, by id and by job.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use muster_ids::{DeploymentId, Index};
use muster_model::{AllocDeployment, Deployment, DeploymentGroup, DeploymentStatus, JobKey};

use super::Tables;
use crate::change::Change;
use crate::command::{DeploymentCause, Event};
use crate::hash::hash_row;
use crate::rows::RowKind;
use crate::watch::WatchKey;

#[derive(Clone, Debug, Default)]
pub(crate) struct DeploymentTable {
    pub(crate) rows: OrdMap<DeploymentId, DeploymentRow>,
    /// (job, create index, id): the newest of a job is the last.
    pub(crate) by_job: OrdSet<(JobKey, Index, DeploymentId)>,
    /// Those that are not over.
    pub(crate) active: OrdSet<DeploymentId>,
}

#[derive(Clone, Debug)]
pub(crate) struct DeploymentRow {
    pub(crate) deployment: Arc<Deployment>,
    hash: u64,
}

impl DeploymentRow {
    pub(crate) fn new(deployment: Arc<Deployment>) -> Self {
        let hash = hash_row(RowKind::Deployment, &*deployment);
        Self { deployment, hash }
    }

    pub(crate) const fn hash(&self) -> u64 {
        self.hash
    }
}

impl DeploymentTable {
    pub(crate) fn get(&self, id: DeploymentId) -> Option<&Arc<Deployment>> {
        self.rows.get(&id).map(|row| &row.deployment)
    }

    /// Oldest first.
    pub(crate) fn of_job<'a>(
        &'a self,
        key: &JobKey,
    ) -> impl DoubleEndedIterator<Item = &'a Arc<Deployment>> + use<'a> {
        let low = (key.clone(), Index::ZERO, DeploymentId::from_bytes([0; 16]));
        let high = (key.clone(), Index(u64::MAX), DeploymentId::from_bytes([0xff; 16]));
        self.by_job.range(low..=high).filter_map(|(_, _, id)| self.get(*id))
    }
}

impl Tables {
    /// Adds a deployment or replaces the one of its id, as of now.
    pub(crate) fn put_deployment(
        &mut self,
        cx: &mut Change,
        mut deployment: Deployment,
        cause: DeploymentCause,
    ) {
        deployment.modify_index = cx.index;
        deployment.modify_time = cx.now;
        let (id, key) = (deployment.id, deployment.job_key());
        let deployment = Arc::new(deployment);
        self.load_deployment(Arc::clone(&deployment));
        self.touch_deployment(cx, id, &key);
        cx.events.push(Event::DeploymentUpdated { deployment, cause });
    }

    /// Puts a row in place: indexes and hash, but no news.
    pub(crate) fn load_deployment(&mut self, deployment: Arc<Deployment>) {
        let (id, key, created) = (deployment.id, deployment.job_key(), deployment.create_index);
        let active = deployment.status.is_active();
        let row = DeploymentRow::new(deployment);
        let new = row.hash();
        let old = self.deployments.rows.insert(id, row).map_or(0, |old| old.hash());
        self.rehash(old, new);
        self.deployments.by_job.insert((key, created, id));
        if active {
            self.deployments.active.insert(id);
        } else {
            self.deployments.active.remove(&id);
        }
    }

    pub(crate) fn remove_deployment(&mut self, cx: &mut Change, id: DeploymentId) {
        let Some(row) = self.deployments.rows.remove(&id) else { return };
        let key = row.deployment.job_key();
        self.rehash(row.hash(), 0);
        self.deployments.by_job.remove(&(key.clone(), row.deployment.create_index, id));
        self.deployments.active.remove(&id);
        self.touch_deployment(cx, id, &key);
    }

    /// Changes a deployment that is not over; `None` when there is no such one.
    pub(crate) fn change_deployment(
        &mut self,
        cx: &mut Change,
        id: DeploymentId,
        cause: DeploymentCause,
        change: impl FnOnce(&mut Deployment),
    ) -> Option<()> {
        let deployment = self.deployments.get(id).filter(|deployment| deployment.status.is_active())?;
        let mut deployment = Deployment::clone(deployment);
        change(&mut deployment);
        self.put_deployment(cx, deployment, cause);
        Some(())
    }

    /// Gives a deployment that is not over another status. One that succeeded makes its job version stable: what a
    /// later failure can return to.
    pub(crate) fn set_deployment_status(
        &mut self,
        cx: &mut Change,
        id: DeploymentId,
        status: DeploymentStatus,
        description: muster_ids::Text,
    ) {
        let Some(deployment) = self.deployments.get(id).cloned() else { return };
        let index = cx.index;
        let changed = self.change_deployment(cx, id, DeploymentCause::StatusUpdate, |deployment| {
            deployment.status = status;
            deployment.status_description = description;
            deployment.decided_index = index;
        });
        if changed.is_some() && status == DeploymentStatus::Successful {
            self.mark_stable(cx, &deployment);
        }
    }

    fn mark_stable(&mut self, cx: &mut Change, deployment: &Deployment) {
        let key = deployment.job_key();
        let Some(slot) = self.jobs.ids.get(&key).copied() else { return };
        let version = self.jobs.at(slot).and_then(|row| row.version(deployment.job_version));
        if version.is_some_and(|version| version.job.create_index == deployment.job_create_index) {
            self.set_stable(cx, slot, deployment.job_version, true);
        }
    }

    /// The allocation's part in its deployment changed from `old` to `new`: the group's counters follow.
    pub(crate) fn count_health(
        &mut self,
        cx: &mut Change,
        group: &muster_ids::GroupName,
        old: Option<bool>,
        part: &AllocDeployment,
    ) {
        let Some(id) = part.id.filter(|_| old != part.healthy) else { return };
        let now = cx.now;
        self.change_deployment(cx, id, DeploymentCause::AllocHealth, |deployment| {
            let Some(counts) = deployment.groups.get_mut(group) else { return };
            uncount(counts, old);
            match part.healthy {
                Some(true) => {
                    counts.healthy += 1;
                    counts.require_progress_by = deadline(counts, now);
                }
                Some(false) => counts.unhealthy += 1,
                None => {}
            }
        });
    }

    fn touch_deployment(&mut self, cx: &mut Change, id: DeploymentId, key: &JobKey) {
        if self.meta.deployments != cx.index {
            self.meta.deployments = cx.index;
            cx.changed.add(WatchKey::Deployments);
        }
        cx.changed.add(WatchKey::Deployment(id));
        let slot = self.job_slot(cx, key);
        cx.unsettled.insert(slot);
        if self.jobs.at(slot).is_some_and(|row| row.deployments_index != cx.index) {
            cx.changed.add(WatchKey::JobDeployments(key.clone()));
            self.with_job_marks(slot, |row| row.deployments_index = cx.index);
        }
    }
}

fn uncount(counts: &mut DeploymentGroup, old: Option<bool>) {
    match old {
        Some(true) => counts.healthy = counts.healthy.saturating_sub(1),
        Some(false) => counts.unhealthy = counts.unhealthy.saturating_sub(1),
        None => {}
    }
}

/// By when the next allocation has to be healthy; zero when the group has no deadline.
pub(crate) fn deadline(group: &DeploymentGroup, now: muster_ids::UnixNanos) -> muster_ids::UnixNanos {
    if group.progress_deadline.is_zero() {
        muster_ids::UnixNanos::ZERO
    } else {
        now.after(group.progress_deadline)
    }
}
