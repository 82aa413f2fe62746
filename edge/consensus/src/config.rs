//! How a server's part of the replicated log is set up.

use std::path::PathBuf;

use muster_ids::ServerId;

/// Settings of [`crate::Consensus::start`]. Begin with [`ConsensusConfig::new`] and change what differs.
#[derive(Clone, Debug)]
pub struct ConsensusConfig {
    /// Where log and snapshots live; `None` keeps them in memory, for a development agent.
    pub data_dir: Option<PathBuf>,
    /// Stable over restarts; a data directory belongs to one server for good.
    pub server_id: ServerId,
    /// Entries after which a snapshot is taken.
    pub snapshot_threshold: u64,
    /// Bytes of entries after which a snapshot is taken, whichever comes first.
    pub snapshot_threshold_bytes: u64,
    /// Entries kept in the log although a snapshot covers them, so that a follower that was away briefly needs no
    /// snapshot.
    pub trailing_logs: u64,
    /// Length of a preallocated log file.
    pub segment_bytes: u64,
    /// Bytes of the newest entries kept in memory.
    pub log_cache_bytes: usize,
    /// Proposals that may wait; more are refused with [`crate::ProposeError::Overloaded`].
    pub max_queued_proposals: usize,
    /// Encoded bytes that may wait, likewise.
    pub max_queued_bytes: usize,
    /// Encoded bytes in one log entry; the limit of one proposal.
    pub max_entry_bytes: usize,
    /// Proposals joined into one log entry.
    pub max_entry_proposals: usize,
    /// Events kept for those who follow them, at least, once there were as many; 0 keeps none. What the log keeps
    /// behind the newest snapshot is at least [`Self::snapshot_threshold`] entries, from which they are refilled
    /// after a start.
    pub event_buffer: usize,
    /// Batches that wait for the subscriber before it misses some; see [`crate::AppliedBatch::missed`].
    pub applied_queue: usize,
}

impl ConsensusConfig {
    /// The defaults for a server.
    #[must_use]
    pub const fn new(data_dir: Option<PathBuf>, server_id: ServerId) -> Self {
        // In memory there is nothing to gain from long files.
        let segment_bytes = if data_dir.is_some() { 64 << 20 } else { 4 << 20 };
        Self {
            data_dir,
            server_id,
            snapshot_threshold: 10_240,
            snapshot_threshold_bytes: 256 << 20,
            trailing_logs: 10_240,
            segment_bytes,
            log_cache_bytes: 64 << 20,
            max_queued_proposals: 16_384,
            max_queued_bytes: 128 << 20,
            max_entry_bytes: 8 << 20,
            max_entry_proposals: 1024,
            event_buffer: 10_000,
            applied_queue: 1024,
        }
    }
}
