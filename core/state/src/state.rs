//! The one writer.

use muster_ids::Index;

use crate::change::Change;
use crate::command::{Entry, Event, Refusal, Reply};
use crate::commands;
use crate::rows::{self, RestoreError, SnapshotRow};
use crate::snapshot::Snapshot;
use crate::tables::Tables;
use crate::watch::WatchKey;

/// The replicated state. Changes only through [`State::apply`].
#[derive(Debug, Default)]
pub struct State {
    tables: Tables,
}

/// What one entry did.
#[derive(Debug, Default)]
pub struct Applied {
    /// One answer a command, in their order.
    pub replies: Vec<Result<Reply, Refusal>>,
    pub events: Vec<Event>,
    /// Where the events of each command end in `events`; what comes after the last is of the entry as a whole.
    pub ends: Vec<usize>,
    /// What readers may be waiting for, each once.
    pub changed: Vec<WatchKey>,
}

impl State {
    /// Before the first entry: index 0, feature level 1, the built-in node pools.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) const fn of(tables: Tables) -> Self {
        Self { tables }
    }

    /// Applies the log's entry at `index`, which must be greater than that of the entry before. A function of the log
    /// alone. A refused command changes nothing; those after it in the entry are judged all the same.
    pub fn apply(&mut self, index: Index, entry: &Entry) -> Applied {
        let tables = &mut self.tables;
        debug_assert!(index > tables.meta.index, "entry {index} after {}", tables.meta.index);
        tables.meta.index = index;
        tables.meta.time = tables.meta.time.max(entry.time);
        let mut cx = Change::new(index, tables.meta.time);
        let replies = entry.commands.iter().map(|command| {
            let reply = commands::apply(tables, &mut cx, command);
            tables.settle(&mut cx);
            cx.end_command();
            reply
        });
        let replies = replies.collect();
        let (events, ends, changed) = cx.finish();
        Applied { replies, events, ends, changed }
    }

    /// The state as it is now; O(1).
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.tables.clone())
    }

    /// Loads what [`Snapshot::encode`] wrote.
    ///
    /// # Errors
    /// When the rows are damaged, incomplete or newer than this binary; nothing of them is used then.
    pub fn restore(
        rows: impl Iterator<Item = Result<SnapshotRow, RestoreError>>,
    ) -> Result<Self, RestoreError> {
        Ok(Self { tables: rows::restore(rows)? })
    }

    /// A number that is equal on replicas with equal states. Kept incrementally.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.tables.hash()
    }
}
