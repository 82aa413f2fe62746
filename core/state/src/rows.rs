//! The state as a run of rows: what a snapshot on disk or on the wire is made of.
//!
//! Each row is one record `{kind, version, bytes}`, MessagePack with field names, so that a newer binary can add
//! defaulted fields. Rows come sorted by kind, then key; `Meta` comes first and says how many rows follow and what
//! the state's hash must be. Next: `muster-consensus` writes them into files.

mod alloc_record;
mod encode;
mod records;
mod restore;

use muster_ids::Index;

pub(crate) use alloc_record::AllocRecordRef;
pub(crate) use encode::encode;
pub(crate) use restore::restore;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotRow {
    pub kind: RowKind,
    /// Version of the record's encoding.
    pub version: u16,
    pub bytes: Vec<u8>,
}

/// What a record is. The numbers are on disk: never change or reuse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum RowKind {
    /// Index, clock, feature level, indexes of the tables. Exactly one, first.
    Meta = 0,
    NodePool = 1,
    /// A job's watch indexes and queue lengths.
    JobMarks = 2,
    JobVersion = 3,
    JobSubmission = 4,
    /// A version that only allocations still refer to.
    DetachedJob = 5,
    Node = 6,
    Eval = 7,
    Alloc = 8,
    Deployment = 9,
    PeriodicLaunch = 10,
    /// How the cluster schedules; at most one.
    SchedulerConfig = 11,
    /// What happened to the counts of a job's groups.
    ScalingEvents = 12,
    DispatchToken = 13,
    /// What an operator said of a node pool.
    NodePoolDetails = 14,
    AclToken = 20,
    AclPolicy = 21,
    AclRole = 22,
    OneTimeToken = 23,
    /// A namespace that an operator made or said something of.
    Namespace = 24,
    /// A banned node or a revoked certificate.
    Revocation = 27,
    JoinToken = 28,
    RootKey = 25,
}

impl RowKind {
    /// The kind with this number; `None` for one that this binary does not know.
    #[must_use]
    pub const fn from_u8(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Meta,
            1 => Self::NodePool,
            2 => Self::JobMarks,
            3 => Self::JobVersion,
            4 => Self::JobSubmission,
            5 => Self::DetachedJob,
            6 => Self::Node,
            7 => Self::Eval,
            8 => Self::Alloc,
            9 => Self::Deployment,
            10 => Self::PeriodicLaunch,
            11 => Self::SchedulerConfig,
            12 => Self::ScalingEvents,
            13 => Self::DispatchToken,
            14 => Self::NodePoolDetails,
            20 => Self::AclToken,
            21 => Self::AclPolicy,
            22 => Self::AclRole,
            23 => Self::OneTimeToken,
            24 => Self::Namespace,
            27 => Self::Revocation,
            28 => Self::JoinToken,
            25 => Self::RootKey,
            _ => return None,
        })
    }
}

/// Why rows do not make a state. Nothing of them is used then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// For the caller that reads the rows: where they come from failed.
    #[error("cannot read the snapshot: {0}")]
    Source(String),
    #[error("snapshot row of kind {kind:?}: version {version} is not known to this binary; upgrade it")]
    UnknownVersion { kind: RowKind, version: u16 },
    #[error("snapshot row of kind {kind:?} cannot be decoded: {reason}")]
    Decode { kind: RowKind, reason: String },
    #[error("snapshot row of kind {kind:?} is out of order; the snapshot is damaged")]
    OutOfOrder { kind: RowKind },
    #[error("snapshot row {row} refers to {missing}, which the snapshot lacks; the snapshot is damaged")]
    Dangling { row: String, missing: String },
    #[error("snapshot has {found} rows instead of {expected}; it is cut off or damaged")]
    RowCount { expected: u64, found: u64 },
    #[error("snapshot at index {index} hashes to {found:016x} instead of {expected:016x}; it is damaged")]
    HashMismatch { index: Index, expected: u64, found: u64 },
}
