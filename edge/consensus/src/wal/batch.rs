//! What a frame of the log holds. These structs are the disk format: fields are added with defaults, never renamed.

use muster_ids::ServerId;
use serde::{Deserialize, Serialize};

use crate::blob::Blob;
use crate::body::Body;

/// A place in the log. With one leader a term, term and index name an entry completely.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Position {
    pub term: u64,
    pub index: u64,
}

/// Whom this server voted for, and whether that server is known to have won.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Vote {
    pub term: u64,
    pub node: ServerId,
    pub committed: bool,
}

/// One log entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub index: u64,
    pub term: u64,
    pub payload: Payload,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Payload {
    /// A new leader's first entry.
    Blank,
    /// The members from here on, encoded by `raft::members`.
    Members(Blob),
    Commands(Body),
}

/// One durable fact, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Op {
    Entries(Vec<Record>),
    /// Entries after this index never happened; `None` means all.
    Truncate {
        after: Option<u64>,
    },
    Vote(Vote),
    Committed(Position),
    /// Entries up to here are in a snapshot and gone.
    Purged(Position),
}

/// What one fdatasync makes durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Batch {
    /// Counts from 0 over the life of the log, so that a missing batch is noticed.
    pub number: u64,
    pub ops: Vec<Op>,
}

/// Facts other than entries, carried from segment to segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    #[serde(default)]
    pub vote: Option<Vote>,
    #[serde(default)]
    pub committed: Option<Position>,
    #[serde(default)]
    pub purged: Option<Position>,
}

impl Facts {
    pub(super) fn learn(&mut self, op: &Op) {
        match op {
            Op::Vote(vote) => self.vote = Some(*vote),
            Op::Committed(position) => self.committed = self.committed.max(Some(*position)),
            Op::Purged(position) => self.purged = self.purged.max(Some(*position)),
            Op::Entries(_) | Op::Truncate { .. } => {}
        }
    }
}

/// The first frame of a segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SegmentHead {
    pub version: u16,
    pub server: ServerId,
    pub sequence: u64,
    /// Part of every later checksum in this file.
    pub salt: u64,
    /// Length of the file.
    pub capacity: u64,
    /// Number of the first batch in this segment.
    pub next_batch: u64,
    pub facts: Facts,
}

impl Record {
    pub(crate) const fn position(&self) -> Position {
        Position { term: self.term, index: self.index }
    }

    /// Bytes this record takes in memory and, about, on disk.
    pub(crate) fn size(&self) -> usize {
        const OVERHEAD: usize = 64;
        OVERHEAD
            + match &self.payload {
                Payload::Blank => 0,
                Payload::Members(bytes) => bytes.0.len(),
                Payload::Commands(body) => body.len(),
            }
    }
}

impl Op {
    pub(crate) fn size(&self) -> usize {
        const OVERHEAD: usize = 64;
        match self {
            Self::Entries(records) => records.iter().map(Record::size).sum(),
            _ => OVERHEAD,
        }
    }
}
