//! Our records to openraft's values and back.

use std::io;

use openraft::EntryPayload;
use openraft::vote::RaftLeaderId;

use super::members::Members;
use super::types::{Entry, LogId, OpenraftMeta, StoredMembership, TypeConfig, Vote};
use crate::snapshot::SnapshotMeta;
use crate::wal::{self, Payload, Position, Record};

type LeaderId = openraft::type_config::alias::LeaderIdOf<TypeConfig>;

pub(crate) fn log_id(position: Position) -> LogId {
    LogId::new(position.term.into(), position.index)
}

pub(crate) fn position(id: &LogId) -> Position {
    Position { term: id.leader_id.term, index: id.index }
}

pub(super) fn vote_record(vote: &Vote) -> wal::Vote {
    wal::Vote { term: vote.leader_id.term, node: vote.leader_id.voted_for, committed: vote.committed }
}

pub(super) fn vote(record: wal::Vote) -> Vote {
    Vote { leader_id: LeaderId::new(record.term, record.node), committed: record.committed }
}

pub(super) fn record(entry: Entry) -> io::Result<Record> {
    let payload = match entry.payload {
        EntryPayload::Blank => Payload::Blank,
        EntryPayload::Normal(body) => Payload::Commands(body),
        EntryPayload::Membership(membership) => {
            let bytes = rmp_serde::to_vec_named(&Members::from(&membership)).map_err(io::Error::other)?;
            Payload::Members(bytes.into())
        }
    };
    let Position { term, index } = position(&entry.log_id);
    Ok(Record { index, term, payload })
}

pub(super) fn entry(record: Record) -> io::Result<Entry> {
    let log_id = log_id(record.position());
    let payload = match record.payload {
        Payload::Blank => EntryPayload::Blank,
        Payload::Commands(body) => EntryPayload::Normal(body),
        Payload::Members(bytes) => {
            let members: Members = rmp_serde::from_slice(&bytes.0).map_err(io::Error::other)?;
            EntryPayload::Membership(members.to_openraft()?)
        }
    };
    Ok(Entry { log_id, payload })
}

pub(crate) fn snapshot_meta(last: &LogId, members: &StoredMembership, state_hash: u64) -> SnapshotMeta {
    SnapshotMeta {
        last: position(last),
        members: Members::from(members.membership()),
        members_at: members.log_id().as_ref().map(position),
        state_hash,
    }
}

pub(crate) fn stored_membership(meta: &SnapshotMeta) -> io::Result<StoredMembership> {
    Ok(StoredMembership::new(meta.members_at.map(log_id), meta.members.to_openraft()?))
}

pub(super) fn openraft_meta(meta: &SnapshotMeta) -> io::Result<OpenraftMeta> {
    Ok(OpenraftMeta { last_log_id: Some(log_id(meta.last)), last_membership: stored_membership(meta)? })
}
