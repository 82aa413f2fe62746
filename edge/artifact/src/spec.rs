//! What is to be fetched, and where it may go.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cap_std::fs::Dir;
use muster_model::ArtifactMode;

/// An artifact whose references are all resolved.
#[derive(Clone, Debug)]
pub struct ArtifactSpec {
    pub source: String,
    pub destination: String,
    pub mode: ArtifactMode,
    pub options: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
    /// Servers need not prove who they are.
    pub insecure: bool,
    /// Set when what is fetched is to belong to the task's account.
    pub owner: Option<Owner>,
}

/// Where a task's artifacts may go.
#[derive(Debug)]
pub struct ArtifactPlace {
    /// Directory of the allocation.
    pub alloc: Dir,
    /// Its absolute path, for destinations made from `NOMAD_TASK_DIR` and its kind.
    pub alloc_path: PathBuf,
    pub task: String,
}

/// An account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
}
