//! Requests to reconcile one job.

use std::collections::BTreeMap;

use muster_ids::{DeploymentId, EvalId, GroupName, Index, JobId, Namespace, NodeId, Text, UnixNanos};
use serde::{Deserialize, Serialize};

use crate::{AllocMetric, JobKey, JobType, PlanAnnotations};

/// A request to reconcile one job with its allocations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub id: EvalId,
    pub namespace: Namespace,
    pub job_id: JobId,
    pub kind: JobType,
    pub priority: u16,
    pub trigger: EvalTrigger,
    pub status: EvalStatus,
    pub status_description: Option<Text>,
    /// The node whose change caused it.
    pub node_id: Option<NodeId>,
    pub job_modify_index: Index,
    /// The deployment it moves on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<DeploymentId>,
    /// Not to be processed before; zero means at once.
    pub wait_until: UnixNanos,
    pub previous_eval: Option<EvalId>,
    pub next_eval: Option<EvalId>,
    pub blocked_eval: Option<EvalId>,
    /// Why groups could not be placed, one metric a group.
    pub failed_groups: BTreeMap<GroupName, AllocMetric>,
    /// What its plan, or what it could not plan, was meant to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Box<PlanAnnotations>>,
    /// Allocations wanted but not placed, by group.
    pub queued: BTreeMap<GroupName, u32>,
    /// For a blocked evaluation: computed classes of nodes tried, and whether each was feasible.
    pub class_eligibility: BTreeMap<Text, bool>,
    /// For a blocked evaluation: some constraint is not decided by the computed class, so every change may help.
    pub escaped_class: bool,
    /// State index the scheduler had seen when it finished with this evaluation.
    pub snapshot_index: Index,
    pub create_index: Index,
    pub modify_index: Index,
    pub create_time: UnixNanos,
    pub modify_time: UnixNanos,
}

impl Evaluation {
    /// A pending evaluation of `job`, ready to be stored.
    #[must_use]
    pub fn pending(id: EvalId, job: &crate::Job, trigger: EvalTrigger, now: UnixNanos) -> Self {
        Self {
            id,
            namespace: job.namespace.clone(),
            job_id: job.id.clone(),
            kind: job.kind,
            priority: job.priority,
            trigger,
            status: EvalStatus::Pending,
            status_description: None,
            node_id: None,
            job_modify_index: job.job_modify_index,
            deployment_id: None,
            wait_until: UnixNanos::ZERO,
            previous_eval: None,
            next_eval: None,
            blocked_eval: None,
            failed_groups: BTreeMap::new(),
            annotations: None,
            queued: BTreeMap::new(),
            class_eligibility: BTreeMap::new(),
            escaped_class: false,
            snapshot_index: Index::ZERO,
            create_index: Index::ZERO,
            modify_index: Index::ZERO,
            create_time: now,
            modify_time: now,
        }
    }

    #[must_use]
    pub fn job_key(&self) -> JobKey {
        JobKey { namespace: self.namespace.clone(), id: self.job_id.clone() }
    }
}

/// ```text
///   pending -> complete | failed | canceled
///   blocked -> pending (capacity came) | canceled (superseded or job stopped)
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EvalStatus {
    Blocked,
    Pending,
    Complete,
    Failed,
    Canceled,
}

impl EvalStatus {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Pending => "pending",
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Complete | Self::Failed | Self::Canceled)
    }
}

/// What asked for an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EvalTrigger {
    JobRegister,
    JobDeregister,
    PeriodicJob,
    NodeDrain,
    NodeUpdate,
    AllocStop,
    Scheduled,
    RollingUpdate,
    DeploymentWatcher,
    FailedFollowUp,
    MaxPlanAttempts,
    AllocFailure,
    QueuedAllocs,
    Preemption,
    JobScaling,
    MaxDisconnectTimeout,
    Reconnect,
    AllocReschedule,
}

impl EvalTrigger {
    /// The contract's spelling (`http-api.md` section 14).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JobRegister => "job-register",
            Self::JobDeregister => "job-deregister",
            Self::PeriodicJob => "periodic-job",
            Self::NodeDrain => "node-drain",
            Self::NodeUpdate => "node-update",
            Self::AllocStop => "alloc-stop",
            Self::Scheduled => "scheduled",
            Self::RollingUpdate => "rolling-update",
            Self::DeploymentWatcher => "deployment-watcher",
            Self::FailedFollowUp => "failed-follow-up",
            Self::MaxPlanAttempts => "max-plan-attempts",
            Self::AllocFailure => "alloc-failure",
            Self::QueuedAllocs => "queued-allocs",
            Self::Preemption => "preemption",
            Self::JobScaling => "job-scaling",
            Self::MaxDisconnectTimeout => "max-disconnect-timeout",
            Self::Reconnect => "reconnect",
            Self::AllocReschedule => "alloc-reschedule",
        }
    }
}
