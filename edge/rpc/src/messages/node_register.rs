//! A node introduces itself, or reports that its facts changed.

use std::time::Duration;

use muster_ids::Index;
use muster_model::Node;
use serde::{Deserialize, Serialize};

use super::Secret;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeRegister {
    /// What the node says of itself; the servers overwrite the fields that are theirs.
    pub node: Box<Node>,
    #[serde(with = "super::secret::wire")]
    pub secret: Secret,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRegisterReply {
    pub node_index: Index,
    /// Send the next heartbeat before this much time has passed.
    pub heartbeat_ttl: Duration,
    /// Addresses of the servers of the region, `host:port`.
    #[serde(default)]
    pub servers: Vec<String>,
}
