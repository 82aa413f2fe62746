//! Reading: a state as it was at one index.
//!
//! Look-ups by id are exact; lists come by id or as each method says. Next: the scheduler and the HTTP handlers, which
//! authorise what they show.

mod acl_policies;
mod acl_roles;
mod acl_tokens;
mod allocs;
mod deployments;
mod evals;
mod jobs;
mod join_tokens;
mod namespaces;
mod nodes;
mod revocations;
mod root_keys;
mod scaling;
mod scheduler;
mod watch_index;

use std::sync::Arc;

use muster_ids::{Index, UnixNanos};

use crate::command::Entry;
use crate::rows::{self, SnapshotRow};
use crate::state::{Applied, State};
use crate::tables::Tables;

/// The state at one index. Never changes; cheap to clone. Keep it no longer than needed: it holds memory, and the last
/// holder of an old one pays for freeing it.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub(crate) tables: Arc<Tables>,
}

impl Snapshot {
    pub(crate) fn new(tables: Tables) -> Self {
        Self { tables: Arc::new(tables) }
    }

    /// Index of the last entry in it.
    #[must_use]
    pub fn index(&self) -> Index {
        self.tables.meta.index
    }

    /// The log's clock: never runs backwards.
    #[must_use]
    pub fn time(&self) -> UnixNanos {
        self.tables.meta.time
    }

    /// Which gated rules are in force.
    #[must_use]
    pub fn feature_level(&self) -> u32 {
        self.tables.meta.feature_level
    }

    /// What `entry` would do and the state after it, in a copy that nobody else sees: for dry runs.
    #[must_use]
    pub fn after(&self, entry: &Entry) -> (Applied, Self) {
        let mut state = State::of(Tables::clone(&self.tables));
        let applied = state.apply(Index(self.index().0 + 1), entry);
        (applied, state.snapshot())
    }

    /// As [`crate::State::hash`].
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.tables.hash()
    }

    /// Hands every row to `sink`, sorted by kind and key; [`crate::State::restore`] takes them back.
    ///
    /// # Errors
    /// Only what `sink` gives back.
    pub fn encode<E>(&self, sink: &mut dyn FnMut(SnapshotRow) -> Result<(), E>) -> Result<(), E> {
        rows::encode(&self.tables, sink)
    }
}
