//! List a directory of an allocation.

use muster_ids::AllocId;
use serde::{Deserialize, Serialize};

use super::FsEntry;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FsList {
    pub alloc_id: AllocId,
    /// Relative to the allocation directory; the node opens it so that it cannot lead out.
    pub path: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FsListReply {
    pub entries: Vec<FsEntry>,
}
