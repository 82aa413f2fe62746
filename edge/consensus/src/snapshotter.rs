//! Takes snapshots: when enough was applied, or when asked.
//!
//! The state is frozen by taking a pointer; encoding and writing happen on a blocking thread. A failure is logged and
//! tried again when the next one is due: a disk too full for a snapshot is no reason to stop serving.

use std::sync::Arc;

use muster_ids::Index;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::applied::Readers;
use crate::error::StorageError;
use crate::raft::convert::snapshot_meta;
use crate::raft::types::Raft;
use crate::snapshot::SnapshotStore;

/// The index the snapshot covers; `None` when nothing was applied yet.
pub(crate) type Taken = Result<Option<Index>, StorageError>;

pub(crate) struct Snapshotter {
    pub raft: Raft,
    pub readers: Readers,
    pub store: Arc<SnapshotStore>,
    pub due: Arc<Notify>,
    pub requests: mpsc::Receiver<oneshot::Sender<Taken>>,
}

impl Snapshotter {
    pub(crate) async fn run(mut self) {
        loop {
            tokio::select! {
                biased;
                request = self.requests.recv() => match request {
                    Some(asker) => drop(asker.send(self.take().await)),
                    None => return,
                },
                () = self.due.notified() => {
                    if let Err(error) = self.take().await {
                        tracing::error!(%error, "no snapshot was taken; the log keeps growing until one succeeds");
                    }
                }
            }
        }
    }

    async fn take(&self) -> Taken {
        let frozen = self.readers.current.load_full();
        let Some(applied) = frozen.applied else { return Ok(None) };
        let index = Index(applied.index);
        let store = Arc::clone(&self.store);
        let write = move || {
            let meta = snapshot_meta(&applied, &frozen.members, frozen.snapshot.hash());
            if store.latest().is_some_and(|latest| latest.last == meta.last) {
                return Ok(());
            }
            store.write(&meta, &frozen.snapshot)
        };
        let written = tokio::task::spawn_blocking(write).await;
        written.map_err(|error| StorageError::Stopped(error.to_string()))??;
        // Openraft takes the written one over and purges the log. When it has stopped, there is nothing to purge.
        if self.raft.trigger().snapshot().await.is_ok() {
            let known = |id: &Option<_>| {
                id.as_ref().is_some_and(|id: &crate::raft::types::LogId| id.index >= index.0)
            };
            let wait = self.raft.wait(None);
            let _stopped = wait.metrics(|metrics| known(&metrics.snapshot), "snapshot taken over").await;
        }
        Ok(Some(index))
    }
}
