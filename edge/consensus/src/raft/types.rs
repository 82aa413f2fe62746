//! The types openraft is instantiated with. Plain terms: one leader a term (`leader_id_std`).

use muster_ids::ServerId;
use muster_state::command::{Refusal, Reply};
use serde::{Deserialize, Serialize};

use super::state_machine::StateMachine;
use crate::body::Body;

/// How a member is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    #[serde(default)]
    pub address: String,
}

/// The answers to one entry's commands; empty for entries without commands.
pub(crate) type Replies = Vec<Result<Reply, Refusal>>;

openraft::declare_raft_types!(
    pub(crate) TypeConfig:
        D = Body,
        R = Replies,
        NodeId = ServerId,
        Node = Member,
        Term = u64,
        LeaderId = openraft::impls::leader_id_std::LeaderId<u64, ServerId>,
);

pub(crate) type Raft = openraft::Raft<TypeConfig, StateMachine>;
pub(crate) type RaftMetrics = openraft::RaftMetrics<TypeConfig>;
pub(crate) type LogId = openraft::type_config::alias::LogIdOf<TypeConfig>;
pub(crate) type Vote = openraft::type_config::alias::VoteOf<TypeConfig>;
pub(crate) type Entry = openraft::type_config::alias::EntryOf<TypeConfig>;
pub(crate) type StoredMembership = openraft::type_config::alias::StoredMembershipOf<TypeConfig>;
pub(crate) type Membership = openraft::Membership<ServerId, Member>;
pub(crate) type OpenraftMeta = openraft::type_config::alias::SnapshotMetaOf<TypeConfig>;
pub(crate) type OpenraftSnapshot = openraft::type_config::alias::SnapshotOf<TypeConfig, SnapshotAt>;

/// A snapshot in the store, by its place; the file is read when it is sent or installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SnapshotAt(pub crate::wal::Position);
