//! A node reports how its allocations are doing.

use muster_ids::{AllocId, Index, NodeId, Text};
use muster_model::{AllocHealth, ClientStatus, TaskState};
use serde::{Deserialize, Serialize};

use super::Secret;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AllocUpdate {
    pub node_id: NodeId,
    #[serde(with = "super::secret::wire")]
    pub secret: Secret,
    pub updates: Vec<AllocReport>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocReport {
    pub id: AllocId,
    pub status: ClientStatus,
    #[serde(default)]
    pub description: Option<Text>,
    /// Parallel to the group's tasks.
    #[serde(default)]
    pub tasks: Vec<TaskState>,
    /// Once the node knows, for whom it was asked to find out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<AllocHealth>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocUpdateReply {
    /// The log entry that stored the reports.
    pub index: Index,
    /// Reported allocations that are not this node's or no longer exist.
    #[serde(default)]
    pub unknown: Vec<AllocId>,
}
