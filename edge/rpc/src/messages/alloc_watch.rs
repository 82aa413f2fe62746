//! A node asks what it is to run, and is told of every change.
//!
//! ```text
//!   node                                   server
//!    | -- AllocWatch{since} ----------------> |
//!    | <------ AllocPush{full: true, all} --- |   the complete set, always first
//!    | <------ AllocPush{full: false, diff} - |   what changed, once per batch of log entries
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{AllocId, DeploymentId, EvalId, Index, Namespace, NodeId, UnixNanos};
use muster_model::{AllocatedPort, Allotment, DesiredStatus, DesiredTransition, Job, PoolBinding};
use serde::{Deserialize, Serialize};

use super::Secret;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AllocWatch {
    pub node_id: NodeId,
    #[serde(with = "super::secret::wire")]
    pub secret: Secret,
    /// Answer from a state at least this new: a server that lags behind waits instead of showing the past.
    #[serde(default)]
    pub since: Index,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllocPush {
    /// The state this was read from.
    pub index: Index,
    /// The allocations below are all that the node has; what it holds beyond them is to be removed. True exactly for
    /// the first push of a stream.
    #[serde(default)]
    pub full: bool,
    /// Every job version the allocations refer to, once.
    #[serde(default)]
    pub jobs: Vec<Arc<Job>>,
    #[serde(default)]
    pub allocs: Vec<AllocAssignment>,
    /// Node pools that the namespaces of the allocations above are bound to; those that are bound to none are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bindings: BTreeMap<Namespace, PoolBinding>,
    /// Garbage collected by the servers: forget them.
    #[serde(default)]
    pub removed: Vec<AllocId>,
}

/// What a node needs to know of one allocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllocAssignment {
    pub id: AllocId,
    pub eval_id: EvalId,
    pub namespace: Namespace,
    /// Position in [`AllocPush::jobs`]; a receiver refuses a push whose positions lead nowhere.
    pub job: u32,
    /// Position in the job's groups.
    pub group: u16,
    pub name_index: u32,
    pub desired: DesiredStatus,
    #[serde(default)]
    pub transition: DesiredTransition,
    /// Parallel to the group's `network.ports`.
    #[serde(default)]
    pub ports: Vec<AllocatedPort>,
    /// What it was given by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allotted: Option<Arc<Allotment>>,
    /// The allocation this one replaces.
    #[serde(default)]
    pub previous: Option<AllocId>,
    /// The rollout that waits to hear of its health.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<DeploymentId>,
    /// Grows with every change made by servers.
    pub alloc_modify_index: Index,
    #[serde(default)]
    pub create_index: Index,
    #[serde(default)]
    pub create_time: UnixNanos,
    /// The servers do not know how it is doing: tell them again.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unknown: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde calls")]
fn is_false(flag: &bool) -> bool {
    !*flag
}
