//! What the scheduler proposes and what became of it.

use std::sync::Arc;

use muster_ids::{AllocId, DeploymentId, EvalId, Index, JobId, Namespace, NodeId, Text};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::{
    AllocMetric, AllocatedPort, Allotment, ClientStatus, Deployment, DeploymentUpdate, DesiredTransition,
    Evaluation,
};

/// The changes one evaluation asks for. Small on purpose: `apply` makes the allocations from it and the stored job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub eval_id: EvalId,
    pub namespace: Namespace,
    pub job_id: JobId,
    /// The job version that `placements` instantiate.
    pub job_version: u64,
    pub priority: u16,
    /// Refuse everything unless everything fits.
    pub all_at_once: bool,
    /// State the plan was made from; nodes changed since are checked again.
    pub snapshot_index: Index,
    pub stops: Vec<Stop>,
    pub placements: Vec<Placement>,
    /// Accounts of the placements, shared: `Placement::metric` is a position here.
    pub metrics: Vec<Arc<AllocMetric>>,
    /// Evaluations to store in the same step, if nothing of the plan is refused: the finished one, and the blocked
    /// one for what found no place. Saves a second round through the log.
    pub evals_if_whole: Vec<Evaluation>,
    /// The deployment that placements marked so belong to, whether this plan makes it or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<DeploymentId>,
    /// A deployment to begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Box<Deployment>>,
    /// What becomes of deployments there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployment_updates: Vec<DeploymentUpdate>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    pub id: AllocId,
    pub node_id: NodeId,
    /// Position in the job's groups.
    pub group: u16,
    pub name_index: u32,
    pub ports: SmallVec<[AllocatedPort; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allotted: Option<Arc<Allotment>>,
    pub previous: Option<AllocId>,
    /// Allocations of less important jobs on the node, whose place it takes. They are evicted with it, or not at all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preempts: Vec<AllocId>,
    /// Position in `Plan::metrics`.
    pub metric: u32,
    /// Part of the plan's deployment.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_deployment: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub canary: bool,
    /// An older version of the job than the plan's: what replaces an old allocation while canaries await promotion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_version: Option<u64>,
}

/// An allocation to end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    pub id: AllocId,
    pub description: Text,
    /// Set when the servers know better than the node, as for a node that is down.
    pub client_status: Option<ClientStatus>,
    pub transition: DesiredTransition,
}

/// The part of a plan that was committed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanOutcome {
    /// How many placements were written.
    pub placed: u32,
    /// Placements that no longer fit, or whose node no longer takes work.
    pub refused: Vec<AllocId>,
    /// Nodes on which a placement did not fit, one for each such placement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crowded: Vec<NodeId>,
    /// When something was refused: schedule again from a snapshot at least this new.
    pub refresh_index: Option<Index>,
}

impl PlanOutcome {
    /// Whether all of the plan was written.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.refused.is_empty() && self.refresh_index.is_none()
    }
}
