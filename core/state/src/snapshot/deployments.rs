//! Deployments.

use std::sync::Arc;

use muster_ids::DeploymentId;
use muster_model::{Deployment, JobKey};

use super::Snapshot;
use crate::prefix::IdPrefix;

impl Snapshot {
    #[must_use]
    pub fn deployment(&self, id: DeploymentId) -> Option<&Arc<Deployment>> {
        self.tables.deployments.get(id)
    }

    /// By id.
    pub fn deployments(&self) -> impl Iterator<Item = &Arc<Deployment>> {
        self.tables.deployments.rows.values().map(|row| &row.deployment)
    }

    /// By id.
    pub fn deployments_with_prefix<'a>(
        &'a self,
        prefix: &IdPrefix,
    ) -> impl Iterator<Item = &'a Arc<Deployment>> + use<'a> {
        let (low, high) = prefix.bounds();
        let range = DeploymentId::from_bytes(low)..=DeploymentId::from_bytes(high);
        self.tables.deployments.rows.range(range).map(|(_, row)| &row.deployment)
    }

    /// Oldest first. Those of earlier jobs of the same name are among them: compare `job_create_index`.
    pub fn deployments_by_job<'a>(
        &'a self,
        key: &JobKey,
    ) -> impl DoubleEndedIterator<Item = &'a Arc<Deployment>> + use<'a> {
        self.tables.deployments.of_job(key)
    }

    /// The newest of this incarnation of the job.
    #[must_use]
    pub fn latest_deployment(&self, key: &JobKey) -> Option<&Arc<Deployment>> {
        let created = self.job(key).map(|job| job.create_index);
        let own = |deployment: &&Arc<Deployment>| created.is_none_or(|at| deployment.job_create_index == at);
        self.deployments_by_job(key).rev().find(own)
    }

    /// Those that are not over, by id.
    pub fn active_deployments(&self) -> impl Iterator<Item = &Arc<Deployment>> {
        self.tables.deployments.active.iter().filter_map(|id| self.tables.deployments.get(*id))
    }
}
