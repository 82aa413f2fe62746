//! Read, or follow, one file of an allocation.

use bytes::Bytes;
use muster_ids::AllocId;
use serde::{Deserialize, Serialize};

use super::{FileEvent, Origin};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FsRead {
    pub alloc_id: AllocId,
    /// Relative to the allocation directory; the node opens it so that it cannot lead out.
    pub path: String,
    #[serde(default)]
    pub origin: Origin,
    #[serde(default)]
    pub offset: u64,
    /// How many bytes to send; `None` means up to the end.
    #[serde(default)]
    pub limit: Option<u64>,
    /// Keep sending what is appended.
    #[serde(default)]
    pub follow: bool,
}

/// A piece of a file. Producers keep `data` at 64 KiB or less, so that no stream delays another for long.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FsChunk {
    /// Where `data` ends within the file.
    pub offset: u64,
    #[serde(default)]
    pub data: Bytes,
    #[serde(default)]
    pub event: Option<FileEvent>,
}
