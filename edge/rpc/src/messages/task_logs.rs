//! The output of a task, across its rotated files.

use bytes::Bytes;
use muster_ids::{AllocId, TaskName};
use serde::{Deserialize, Serialize};

use super::{FileEvent, Origin};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskLogs {
    pub alloc_id: AllocId,
    pub task: TaskName,
    pub kind: LogKind,
    #[serde(default)]
    pub origin: Origin,
    /// Bytes over the concatenation of all rotated files.
    #[serde(default)]
    pub offset: u64,
    /// Keep sending what the task writes.
    #[serde(default)]
    pub follow: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogKind {
    Stdout,
    Stderr,
}

/// A piece of a log. Producers keep `data` at 64 KiB or less, so that no stream delays another for long.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogChunk {
    /// Path of the file within the allocation directory.
    pub file: String,
    /// Where `data` ends within `file`.
    pub offset: u64,
    #[serde(default)]
    pub data: Bytes,
    #[serde(default)]
    pub event: Option<FileEvent>,
}
