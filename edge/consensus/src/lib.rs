//! The replicated log: proposals in, one order of commands out, on every server the same, and never lost once
//! acknowledged.
//!
//! ```text
//!  propose ─► proposer (joins) ─► raft ─► wal (one fdatasync a batch) ─► committed ─► state ─► snapshot(), batches, events
//!                                           └── segments ◄── purge ◄── snapshot files ◄─────────┘
//! ```
//!
//! It must never acknowledge what is not on disk, never read a clock below the proposer, and never let a slow reader
//! stop apply. openraft stays inside `raft`; records on disk are our own. Next: `muster-server` proposes and follows
//! the batches; the scheduler reads snapshots.

mod applied;
mod blob;
mod body;
mod config;
mod consensus;
mod disk;
mod error;
mod event_log;
mod frame;
mod leadership;
mod proposer;
mod raft;
mod refill;
mod snapshot;
mod snapshotter;
mod start;
mod status;
mod wal;

pub use applied::AppliedBatch;
pub use config::ConsensusConfig;
pub use consensus::{Consensus, Proposed};
pub use error::{ProposeError, StartError, StorageError};
pub use event_log::EventLog;
pub use leadership::Leadership;
pub use status::RaftStatus;
