//! Describe one file of an allocation.

use muster_ids::{AllocId, UnixNanos};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FsStat {
    pub alloc_id: AllocId,
    /// Relative to the allocation directory; the node opens it so that it cannot lead out.
    pub path: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FsEntry {
    pub name: String,
    pub is_dir: bool,
    pub size_bytes: u64,
    /// As `ls -l` writes it.
    pub mode: String,
    pub modified: UnixNanos,
    pub content_type: Option<String>,
}
