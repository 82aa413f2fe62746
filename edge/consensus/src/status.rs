//! Where this server stands, for operators and metrics.

use muster_ids::{Index, ServerId};

use crate::raft::types::{LogId, RaftMetrics};

/// A look at raft. Indexes are zero before the first entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RaftStatus {
    pub server_id: ServerId,
    pub leader: Option<ServerId>,
    pub term: u64,
    pub commit_index: Index,
    pub applied_index: Index,
    pub last_log_index: Index,
    pub last_log_term: u64,
    pub last_snapshot_index: Index,
    pub last_snapshot_term: u64,
    /// Entries up to here were purged.
    pub purged_index: Index,
    pub voters: Vec<ServerId>,
    pub learners: Vec<ServerId>,
    /// Why raft stopped; `None` while it runs.
    pub stopped: Option<String>,
}

impl RaftStatus {
    pub(crate) fn new(metrics: &RaftMetrics, last_log_term: u64, purged: Option<u64>) -> Self {
        let index = |id: &Option<LogId>| Index(id.as_ref().map_or(0, |id| id.index));
        let membership = metrics.membership_config.membership();
        Self {
            server_id: metrics.id,
            leader: metrics.current_leader,
            term: metrics.current_term,
            commit_index: index(&metrics.local_committed),
            applied_index: index(&metrics.last_applied),
            last_log_index: Index(metrics.last_log_index.unwrap_or(0)),
            last_log_term,
            last_snapshot_index: index(&metrics.snapshot),
            last_snapshot_term: metrics.snapshot.as_ref().map_or(0, |id| id.leader_id.term),
            purged_index: Index(purged.unwrap_or(0)),
            voters: membership.voter_ids().collect(),
            learners: membership.learner_ids().collect(),
            stopped: metrics.running_state.as_ref().err().map(ToString::to_string),
        }
    }
}
