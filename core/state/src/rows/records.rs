//! Records that differ from their rows in memory, and the one place that turns records into bytes and back.

use std::sync::Arc;

use muster_ids::Index;
use muster_model::{Evaluation, Node};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{RestoreError, RowKind, SnapshotRow};
use crate::tables::Meta;

/// Version of every record this binary writes. A kind whose shape changes beyond defaulted fields gets its own.
pub(crate) const RECORD_VERSION: u16 = 1;

/// The first row: what the state is besides rows, and how to tell that all of them arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MetaRecord {
    pub(crate) meta: Meta,
    /// Rows that follow.
    pub(crate) rows: u64,
    pub(crate) hash: u64,
    /// [`crate::hash::HASH_VERSION`] of `hash`; another one is not compared.
    pub(crate) hash_version: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct NodeRecord {
    pub(crate) node: Arc<Node>,
    pub(crate) secret_hash: [u8; 32],
    pub(crate) changed_index: Index,
    pub(crate) allocs_index: Index,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct EvalRecord {
    pub(crate) eval: Arc<Evaluation>,
    pub(crate) allocs_index: Index,
}

pub(crate) fn to_row<T: Serialize>(kind: RowKind, record: &T) -> SnapshotRow {
    #[expect(
        clippy::expect_used,
        reason = "writing to memory cannot fail, and our records have neither failing serialisers nor unsized lists"
    )]
    let bytes = rmp_serde::to_vec_named(record).expect("records serialise");
    SnapshotRow { kind, version: RECORD_VERSION, bytes }
}

pub(crate) fn from_row<T: DeserializeOwned>(row: &SnapshotRow) -> Result<T, RestoreError> {
    if row.version != RECORD_VERSION {
        return Err(RestoreError::UnknownVersion { kind: row.kind, version: row.version });
    }
    rmp_serde::from_slice(&row.bytes)
        .map_err(|error| RestoreError::Decode { kind: row.kind, reason: error.to_string() })
}
