//! The replicated state: tables and indexes, changed only by [`State::apply`], read through O(1) [`Snapshot`]s.
//!
//! `apply` is the judge: every precondition (check-and-set, eligibility, fit of a plan) is decided here, as a
//! function of the log alone. Whatever was checked before proposing was a hint. Time and ids come with the entry.
//! Next: events go to subscribers and watchers in `muster-server`; snapshots to the scheduler and the HTTP handlers.

mod change;
mod columns;
pub mod command;
mod commands;
mod derive;
mod drained;
mod hash;
pub mod invariants;
mod occupancy;
mod prefix;
mod rows;
mod slab;
mod snapshot;
mod state;
mod stream;
mod summary;
mod tables;
mod watch;

pub use columns::{NodeColumns, NodeSlot};
pub use derive::{eval_id, scaling_policy_id};
pub use drained::keeps_draining;
pub use hash::HASH_VERSION;
pub use occupancy::holds_resources;
pub use prefix::{IdPrefix, IdPrefixError};
pub use rows::{RestoreError, RowKind, SnapshotRow};
pub use snapshot::Snapshot;
pub use state::{Applied, State};
pub use stream::{EventGap, EventRing, StreamEntry, StreamEvent, StreamRow, Topic, stream_events};
pub use summary::{ChildCounts, GroupCounts, JobSummary};
pub use tables::dispatch_tokens::TOKEN_KEPT;
pub use tables::jobs::KEPT_VERSIONS;
pub use tables::scaling_events::ScalingEvents;
pub use watch::WatchKey;
