//! The replicated state: tables and indexes, changed only by [`State::apply`], read through O(1) [`Snapshot`]s.
//!
//! `apply` is the judge: every precondition (check-and-set, eligibility, fit of a plan) is decided here, as a
//! function of the log alone. Whatever was checked before proposing was a hint. Time and ids come with the entry.
//! Next: events go to subscribers and watchers in `muster-server`; snapshots to the scheduler and the HTTP handlers.

pub mod columns;
pub mod command;
pub mod prefix;
pub mod rows;
mod snapshot;
mod state;
pub mod summary;
mod watch;

pub use columns::{NodeColumns, NodeSlot};
pub use prefix::{IdPrefix, IdPrefixError};
pub use rows::{RestoreError, RowKind, SnapshotRow};
pub use snapshot::Snapshot;
pub use state::{Applied, State};
pub use summary::{GroupCounts, JobSummary};
pub use watch::WatchKey;
