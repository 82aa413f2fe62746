//! What a reader can wait for, and the set of things one entry changed.

use std::collections::HashSet;

use foldhash::fast::FixedState;
use muster_ids::{
    AccessorId, AllocId, DeploymentId, EvalId, Namespace, NodeId, NodePool, PolicyName, RoleId,
};
use muster_model::JobKey;

/// Something a blocking query can watch. [`crate::Snapshot::watch_index`] gives the index at which it last changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WatchKey {
    /// Any job, its status included.
    Jobs,
    Job(JobKey),
    /// The allocations of a job, and with them its summary.
    JobAllocs(JobKey),
    /// The evaluations of a job, and with them what is queued.
    JobEvals(JobKey),
    Nodes,
    Node(NodeId),
    NodeAllocs(NodeId),
    Allocs,
    Alloc(AllocId),
    Evals,
    Eval(EvalId),
    /// The allocations an evaluation placed.
    EvalAllocs(EvalId),
    Deployments,
    Deployment(DeploymentId),
    /// The deployments of a job.
    JobDeployments(JobKey),
    NodePools,
    NodePool(NodePool),
    Namespaces,
    Namespace(Namespace),
    SchedulerConfig,
    AclTokens,
    AclToken(AccessorId),
    RootKeys,
    AclPolicies,
    AclPolicy(PolicyName),
    AclRoles,
    AclRole(RoleId),
    /// The scaling policies of all jobs.
    ScalingPolicies,
}

/// Collects watch keys, each once, in the order of their first change.
#[derive(Debug, Default)]
pub(crate) struct ChangeSet {
    /// For membership only; never iterated.
    seen: HashSet<WatchKey, FixedState>,
    order: Vec<WatchKey>,
}

impl ChangeSet {
    pub(crate) fn add(&mut self, key: WatchKey) {
        if !self.seen.contains(&key) {
            self.order.push(key.clone());
            self.seen.insert(key);
        }
    }

    pub(crate) fn into_vec(self) -> Vec<WatchKey> {
        self.order
    }
}
