//! Answers openraft's request for a snapshot, off the applying task.

use std::io;
use std::sync::Arc;

use muster_state::Snapshot;
use openraft::storage::RaftSnapshotBuilder;

use super::convert::openraft_meta;
use super::types::{OpenraftSnapshot, SnapshotAt, TypeConfig};
use crate::snapshot::{SnapshotMeta, SnapshotStore};

pub(crate) enum Builder {
    /// It is already in the store.
    Written(SnapshotMeta),
    Write {
        meta: SnapshotMeta,
        snapshot: Snapshot,
        store: Arc<SnapshotStore>,
    },
    /// There is no state yet.
    Nothing,
}

impl RaftSnapshotBuilder<TypeConfig> for Builder {
    type SnapshotData = SnapshotAt;

    async fn build_snapshot(&mut self) -> io::Result<OpenraftSnapshot> {
        let meta = match self {
            Self::Written(meta) => meta.clone(),
            Self::Write { meta, snapshot, store } => {
                let (meta, snapshot, store) = (meta.clone(), snapshot.clone(), Arc::clone(store));
                let write = move || store.write(&meta, &snapshot).map(|()| meta);
                tokio::task::spawn_blocking(write).await.map_err(io::Error::other)??
            }
            Self::Nothing => {
                return Err(io::Error::other("nothing was applied yet, so there is nothing to snapshot"));
            }
        };
        Ok(OpenraftSnapshot { meta: openraft_meta(&meta)?, snapshot: SnapshotAt(meta.last) })
    }
}
