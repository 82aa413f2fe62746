//! What subscribers of the state hear of.

use std::sync::Arc;

use muster_ids::{AllocId, DeploymentId, EvalId, NodeId, Text};
use muster_model::{
    AclPolicy, AclRole, AclToken, Deployment, Evaluation, Job, JobKey, NamespaceDetails, Node,
    NodePoolDetails, SchedulerConfig,
};

/// A fact that `apply` established, for event subscribers, the eval broker and the nodes.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    JobRegistered(Arc<Job>),
    JobDeregistered {
        job: Arc<Job>,
        purged: bool,
    },
    EvalUpdated(Arc<Evaluation>),
    /// Placed, stopped by servers, or reported on by its node.
    AllocUpdated(Arc<muster_model::Alloc>),
    /// What the servers keep of the current version beside its specification, such as its status, is another.
    JobChanged(Arc<Job>),
    DeploymentUpdated {
        deployment: Arc<Deployment>,
        cause: DeploymentCause,
    },
    /// The schedule of a periodic job has been followed up to a later instant.
    PeriodicLaunched(JobKey),
    NodeRegistered(Arc<Node>),
    NodeUpdated(Arc<Node>),
    AclTokenUpserted(Arc<AclToken>),
    AclTokenDeleted(Arc<AclToken>),
    AclPolicyUpserted(Arc<AclPolicy>),
    AclPolicyDeleted(Arc<AclPolicy>),
    AclRoleUpserted(Arc<AclRole>),
    AclRoleDeleted(Arc<AclRole>),
    /// Capacity came free on a node or a node became able to take work: what blocked evaluations wait for.
    CapacityFreed {
        node_id: NodeId,
        class: Text,
    },
    DeploymentsCollected(Vec<DeploymentId>),
    /// How the cluster schedules has changed.
    SchedulerConfigUpdated(Arc<SchedulerConfig>),
    NodePoolUpserted(Arc<NodePoolDetails>),
    NodePoolDeleted(Arc<NodePoolDetails>),
    NamespaceUpserted(Arc<NamespaceDetails>),
    NamespaceDeleted(Arc<NamespaceDetails>),
    Collected {
        evals: Vec<EvalId>,
        allocs: Vec<AllocId>,
        jobs: Vec<JobKey>,
        nodes: Vec<NodeId>,
    },
    /// One of those collected, as it was.
    JobCollected(Arc<Job>),
    NodeCollected(Arc<Node>),
}

/// What changed a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentCause {
    PlanResult,
    StatusUpdate,
    Promotion,
    AllocHealth,
}
