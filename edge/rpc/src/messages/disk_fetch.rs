//! What an allocation leaves to the one that replaces it on another node.
//!
//! ```text
//!   new node                      server                          old node
//!     | -- DiskFetch{successor} --> |  may it? over? ----DiskRead---> |
//!     | <------- DiskChunk* ------- | <---------- DiskChunk* -------- |
//! ```
//!
//! The chunks are a tar archive of `alloc/data` and each task's `local`. Nodes never reach each other: the server
//! knows which of them may have what.

use bytes::Bytes;
use muster_ids::{AllocId, NodeId};
use serde::{Deserialize, Serialize};

use super::Secret;

/// Asked by the node that runs the successor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DiskFetch {
    pub node_id: NodeId,
    #[serde(with = "super::secret::wire")]
    pub secret: Secret,
    /// The allocation that takes over.
    pub alloc_id: AllocId,
}

/// Asked by servers of the node that has the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskRead {
    /// The allocation that ended.
    pub alloc_id: AllocId,
    /// More than this is not sent at all.
    pub max_bytes: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskChunk {
    #[serde(default)]
    pub data: Bytes,
    /// With the last chunk: entries that cannot be carried, such as sockets.
    #[serde(default)]
    pub left_out: u64,
}
