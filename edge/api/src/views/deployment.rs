//! Deployments. Nothing is left out, as in the contract.

use std::collections::BTreeMap;

use muster_model::{AllocDeployment, Deployment, DeploymentGroup};
use serde::{Deserialize, Serialize};

use super::rfc3339;

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeploymentView {
    #[serde(rename = "ID")]
    pub id: String,
    pub namespace: String,
    #[serde(rename = "JobID")]
    pub job_id: String,
    pub job_version: u64,
    pub job_modify_index: u64,
    pub job_spec_modify_index: u64,
    pub job_create_index: u64,
    /// Never in this version: there is one region.
    pub is_multiregion: bool,
    pub task_groups: BTreeMap<String, DeploymentGroupView>,
    pub status: String,
    pub status_description: String,
    pub eval_priority: u16,
    pub create_index: u64,
    pub modify_index: u64,
    pub create_time: i64,
    pub modify_time: i64,
}

impl From<&Deployment> for DeploymentView {
    fn from(deployment: &Deployment) -> Self {
        let groups = deployment.groups.iter().map(|(name, group)| (name.to_string(), group.into()));
        Self {
            id: deployment.id.to_string(),
            namespace: deployment.namespace.to_string(),
            job_id: deployment.job_id.to_string(),
            job_version: deployment.job_version,
            job_modify_index: deployment.job_modify_index.0,
            job_spec_modify_index: deployment.job_spec_modify_index.0,
            job_create_index: deployment.job_create_index.0,
            is_multiregion: false,
            task_groups: groups.collect(),
            status: deployment.status.as_str().to_owned(),
            status_description: deployment.status_description.to_string(),
            eval_priority: deployment.eval_priority,
            create_index: deployment.create_index.0,
            modify_index: deployment.modify_index.0,
            create_time: deployment.create_time.0,
            modify_time: deployment.modify_time.0,
        }
    }
}

/// How far one group is.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeploymentGroupView {
    pub auto_revert: bool,
    pub auto_promote: bool,
    /// Nanoseconds.
    pub progress_deadline: u64,
    pub require_progress_by: String,
    pub promoted: bool,
    pub placed_canaries: Option<Vec<String>>,
    pub desired_canaries: u32,
    pub desired_total: u32,
    pub placed_allocs: u32,
    pub healthy_allocs: u32,
    pub unhealthy_allocs: u32,
}

impl From<&DeploymentGroup> for DeploymentGroupView {
    fn from(group: &DeploymentGroup) -> Self {
        let canaries: Vec<String> = group.placed_canaries.iter().map(ToString::to_string).collect();
        Self {
            auto_revert: group.auto_revert,
            auto_promote: group.auto_promote,
            progress_deadline: u64::try_from(group.progress_deadline.as_nanos()).unwrap_or(u64::MAX),
            require_progress_by: rfc3339(group.require_progress_by),
            promoted: group.promoted,
            placed_canaries: (!canaries.is_empty()).then_some(canaries),
            desired_canaries: group.desired_canaries,
            desired_total: group.desired_total,
            placed_allocs: group.placed,
            healthy_allocs: group.healthy,
            unhealthy_allocs: group.unhealthy,
        }
    }
}

/// An allocation's part in a rollout.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AllocDeploymentView {
    /// Null until somebody knows.
    pub healthy: Option<bool>,
    pub timestamp: String,
    pub canary: bool,
    pub modify_index: u64,
}

impl AllocDeploymentView {
    /// `None` for an allocation that nobody asks about.
    #[must_use]
    pub fn of(part: Option<&AllocDeployment>) -> Option<Self> {
        let part = part.filter(|part| part.healthy.is_some() || part.canary)?;
        Some(Self {
            healthy: part.healthy,
            timestamp: rfc3339(part.time),
            canary: part.canary,
            modify_index: part.modify_index.0,
        })
    }
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeploymentPauseRequest {
    #[serde(rename = "DeploymentID")]
    pub deployment_id: String,
    pub pause: bool,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeploymentPromoteRequest {
    #[serde(rename = "DeploymentID")]
    pub deployment_id: String,
    /// Every group that has canaries.
    pub all: bool,
    pub groups: Option<Vec<String>>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeploymentAllocHealthRequest {
    #[serde(rename = "DeploymentID")]
    pub deployment_id: String,
    #[serde(rename = "HealthyAllocationIDs")]
    pub healthy: Option<Vec<String>>,
    #[serde(rename = "UnhealthyAllocationIDs")]
    pub unhealthy: Option<Vec<String>>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeploymentUnblockRequest {
    #[serde(rename = "DeploymentID")]
    pub deployment_id: String,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeploymentUpdateResponse {
    #[serde(rename = "EvalID")]
    pub eval_id: String,
    pub eval_create_index: u64,
    pub deployment_modify_index: u64,
    pub reverted_job_version: Option<u64>,
    pub index: u64,
}
