//! The rollout of one job version, and what an allocation has to do with it.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{AllocId, DeploymentId, GroupName, Index, JobId, Namespace, Text, UnixNanos};
use serde::{Deserialize, Serialize};

use crate::choice::choice;
use crate::{Job, JobKey, UpdateStrategy};

/// ```text
///   running <-> paused
///      |---> successful     every group healthy (and promoted, where it has canaries)
///      |---> failed         unhealthy, too slow, or an operator said so; may roll the job back
///      '---> cancelled      the job was stopped or has a newer version
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    pub id: DeploymentId,
    pub namespace: Namespace,
    pub job_id: JobId,
    pub job_version: u64,
    /// The job's modify index when the deployment was made.
    pub job_modify_index: Index,
    /// The index that changes only with the specification.
    pub job_spec_modify_index: Index,
    pub job_create_index: Index,
    pub groups: BTreeMap<GroupName, DeploymentGroup>,
    pub status: DeploymentStatus,
    pub status_description: Text,
    /// Priority of the evaluations it causes.
    pub eval_priority: u16,
    /// When status or promotions changed last: a plan made before that was made for another situation.
    #[serde(default)]
    pub decided_index: Index,
    pub create_index: Index,
    pub modify_index: Index,
    pub create_time: UnixNanos,
    pub modify_time: UnixNanos,
}

/// How far one group is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeploymentGroup {
    pub auto_revert: bool,
    pub auto_promote: bool,
    /// Zero: the first unhealthy allocation fails the deployment.
    pub progress_deadline: Duration,
    /// When the deployment fails unless another allocation is healthy by then; zero before the first placement.
    pub require_progress_by: UnixNanos,
    pub promoted: bool,
    pub placed_canaries: Vec<AllocId>,
    pub desired_canaries: u32,
    pub desired_total: u32,
    pub placed: u32,
    pub healthy: u32,
    pub unhealthy: u32,
}

impl DeploymentGroup {
    #[must_use]
    pub fn new(strategy: &UpdateStrategy, desired_total: u32) -> Self {
        Self {
            auto_revert: strategy.auto_revert,
            auto_promote: strategy.auto_promote,
            progress_deadline: strategy.progress_deadline,
            desired_total,
            ..Self::default()
        }
    }

    /// Whether canaries run, or are to run, that nobody has promoted.
    #[must_use]
    pub const fn awaits_promotion(&self) -> bool {
        self.desired_canaries > 0 && !self.promoted
    }

    /// Whether nothing more has to become healthy.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        !self.awaits_promotion() && self.healthy >= self.desired_total.max(self.desired_canaries)
    }
}

impl Deployment {
    #[must_use]
    pub fn job_key(&self) -> JobKey {
        JobKey { namespace: self.namespace.clone(), id: self.job_id.clone() }
    }

    /// Whether it rolls out exactly this version of the job.
    #[must_use]
    pub fn is_of(&self, job: &Job) -> bool {
        self.job_version == job.version && self.job_create_index == job.create_index
    }

    #[must_use]
    pub fn awaits_promotion(&self) -> bool {
        self.groups.values().any(DeploymentGroup::awaits_promotion)
    }

    /// Whether every group that has canaries promotes them by itself.
    #[must_use]
    pub fn promotes_itself(&self) -> bool {
        let mut with_canaries = self.groups.values().filter(|group| group.desired_canaries > 0).peekable();
        with_canaries.peek().is_some() && with_canaries.all(|group| group.auto_promote)
    }

    /// What the status description of a running deployment says.
    #[must_use]
    pub fn running_description(&self) -> &'static str {
        if !self.awaits_promotion() {
            Self::RUNNING
        } else if self.promotes_itself() {
            Self::RUNNING_AUTO_PROMOTION
        } else {
            Self::RUNNING_NEEDS_PROMOTION
        }
    }

    /// The contract's texts (`json-types.md`, Deployment.StatusDescription strings).
    pub const RUNNING: &str = "Deployment is running";
    pub const RUNNING_NEEDS_PROMOTION: &str = "Deployment is running but requires manual promotion";
    pub const RUNNING_AUTO_PROMOTION: &str = "Deployment is running pending automatic promotion";
    pub const PAUSED: &str = "Deployment is paused";
    pub const SUCCESSFUL: &str = "Deployment completed successfully";
    pub const STOPPED_JOB: &str = "Cancelled because job is stopped";
    pub const NEWER_JOB: &str = "Cancelled due to newer version of job";
}

choice! {
    DeploymentStatus("deployment status") {
        #[default]
        Running = "running",
        Paused = "paused",
        Failed = "failed",
        Successful = "successful",
        Cancelled = "cancelled",
        /// The next four belong to deployments over several regions.
        Initializing = "initializing",
        Pending = "pending",
        Blocked = "blocked",
        Unblocking = "unblocking",
    }
}

impl DeploymentStatus {
    /// Whether something may still come of it.
    #[must_use]
    pub const fn is_active(self) -> bool {
        !matches!(self, Self::Failed | Self::Successful | Self::Cancelled)
    }
}

/// Why a deployment failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeploymentFailure {
    UnhealthyAllocations,
    ProgressDeadline,
    /// An operator marked it.
    Marked,
}

impl DeploymentFailure {
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::UnhealthyAllocations => "Failed due to unhealthy allocations",
            Self::ProgressDeadline => "Failed due to progress deadline",
            Self::Marked => "Deployment marked as failed",
        }
    }
}

/// What a plan says of a deployment that it does not make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentUpdate {
    pub id: DeploymentId,
    pub status: DeploymentStatus,
    pub description: Text,
}

/// An allocation's part in a rollout, and whether it is healthy. Allocations that no one asks about have none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AllocDeployment {
    /// `None` for an allocation that is watched for its health only, as those are that follow a migration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<DeploymentId>,
    /// `None` until somebody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthy: Option<bool>,
    /// When its health was found.
    pub time: UnixNanos,
    /// A canary that nobody has promoted yet.
    pub canary: bool,
    /// When the servers heard of its health.
    pub modify_index: Index,
}

impl AllocDeployment {
    #[must_use]
    pub const fn is_healthy(&self) -> bool {
        matches!(self.healthy, Some(true))
    }

    #[must_use]
    pub const fn is_unhealthy(&self) -> bool {
        matches!(self.healthy, Some(false))
    }
}

/// What a node found about an allocation's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocHealth {
    pub healthy: bool,
    pub time: UnixNanos,
    /// The deployment it was found for: a verdict for an earlier one says nothing about the next.
    pub deployment: Option<DeploymentId>,
}
