//! What can go wrong, in the operator's words: which file, where in it, what was expected, what to do.

use std::io;
use std::path::PathBuf;

use muster_ids::ServerId;

/// What an operator does about a damaged data directory.
const ADVICE: &str = "nothing was changed; if other servers are healthy, move this server's raft directory away and \
                      let it rejoin; otherwise restore the file from a backup or restore a saved cluster snapshot";

/// A fault of the log or the snapshots on disk.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("cannot {action} `{file}`: {source}; check the disk's health, space and permissions")]
    Io { action: &'static str, file: String, source: io::Error },
    #[error("`{file}` is damaged at byte {offset}: expected {expected}; {ADVICE}")]
    Corrupt { file: String, offset: u64, expected: String },
    #[error(
        "`{file}` at byte {offset}: expected {expected}; it was written by a newer version or with a key this server lacks: start that version or supply the key; nothing was changed"
    )]
    Unreadable { file: String, offset: u64, expected: String },
    #[error(
        "`{file}` belongs to server {found}, not to this server {expected}; point this server at its own data directory"
    )]
    ForeignServer { file: String, found: ServerId, expected: ServerId },
    #[error("data directory `{}` is in use by another process; stop it or choose another directory", .0.display())]
    InUse(PathBuf),
    #[error(
        "the log begins after entry {purged}, but no intact snapshot covers the entries before; {ADVICE}"
    )]
    NotCovered { purged: u64 },
    #[error(
        "snapshot `{file}` restores to another state than it recorded (expected hash {expected:016x}, got {found:016x}); {ADVICE}"
    )]
    StateHash { file: String, expected: u64, found: u64 },
    #[error("the log stopped after an earlier fault: {0}; restart the server once the disk is healthy")]
    Stopped(String),
}

impl StorageError {
    pub(crate) fn io(action: &'static str, file: &str) -> impl FnOnce(io::Error) -> Self {
        let file = file.to_owned();
        move |source| Self::Io { action, file, source }
    }

    pub(crate) fn corrupt(file: &str, offset: u64, expected: impl Into<String>) -> Self {
        Self::Corrupt { file: file.to_owned(), offset, expected: expected.into() }
    }
}

impl From<StorageError> for io::Error {
    fn from(error: StorageError) -> Self {
        Self::other(error)
    }
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("raft settings are invalid: {0}")]
    Config(String),
    #[error("raft did not start: {0}")]
    Raft(String),
}

/// Why a proposal was not (or may not have been) committed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProposeError {
    #[error("this server is not the leader{}", .leader.map(|id| format!("; server {id} is")).unwrap_or_default())]
    NotLeader { leader: Option<ServerId> },
    /// Leadership was lost while the proposal was in flight: it may or may not commit. Dedupe keys decide.
    #[error(
        "leadership was lost while the proposal was in flight; whether it commits is unknown, so ask again with the same key"
    )]
    Undecided { leader: Option<ServerId> },
    #[error("the server is shutting down")]
    Shutdown,
    #[error("raft storage failed: {0}")]
    Storage(String),
    #[error("too many proposals are waiting; retry after a moment")]
    Overloaded,
    #[error("the proposal has {bytes} bytes, more than the {limit} allowed in one log entry; split it")]
    TooLarge { bytes: usize, limit: usize },
}
