//! The one writer.

use muster_ids::Index;

use crate::command::{Entry, Event, Refusal, Reply};
use crate::rows::{RestoreError, SnapshotRow};
use crate::snapshot::Snapshot;
use crate::watch::WatchKey;

/// The replicated state.
#[derive(Debug, Default)]
pub struct State;

/// What one entry did.
#[derive(Debug, Default)]
pub struct Applied {
    /// One answer a command, in their order.
    pub replies: Vec<Result<Reply, Refusal>>,
    pub events: Vec<Event>,
    /// What readers may be waiting for, each once.
    pub changed: Vec<WatchKey>,
}

impl State {
    #[must_use]
    pub fn new() -> Self {
        Self
    }
    pub fn apply(&mut self, _index: Index, _entry: &Entry) -> Applied {
        Applied::default()
    }
    /// The state as it is now; O(1).
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::default()
    }
    /// # Errors
    /// When the rows are not exactly what [`Snapshot::encode`] wrote.
    pub fn restore(
        _rows: impl Iterator<Item = Result<SnapshotRow, RestoreError>>,
    ) -> Result<Self, RestoreError> {
        Ok(Self)
    }
    #[must_use]
    pub fn hash(&self) -> u64 {
        0
    }
}
