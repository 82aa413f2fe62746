//! A node is alive.

use std::time::Duration;

use muster_ids::NodeId;
use serde::{Deserialize, Serialize};

use super::Secret;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeHeartbeat {
    pub node_id: NodeId,
    #[serde(with = "super::secret::wire")]
    pub secret: Secret,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeHeartbeatReply {
    /// Send the next heartbeat before this much time has passed.
    pub heartbeat_ttl: Duration,
    /// Addresses of the servers of the region, `host:port`.
    #[serde(default)]
    pub servers: Vec<String>,
    /// Whether the servers know the node; register again when not.
    pub known: bool,
}
