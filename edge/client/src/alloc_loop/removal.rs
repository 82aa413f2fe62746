//! The end of an allocation: its directory goes, and what is remembered of it shrinks.

use std::collections::BTreeSet;
use std::sync::Arc;

use muster_ids::TaskName;
use muster_model::CleanupMode;
use muster_rpc::messages::LogKind;

use super::{AllocLoop, Farewell, Flow, RETRY};
use crate::alloc_dir::blocking;
use crate::logs::LogReader;
use crate::state::SavedRunner;

/// Tries to empty a directory that something still writes to, or that the disk does not let go.
const ATTEMPTS: u32 = 3;

impl AllocLoop {
    /// Removes the directory, once nothing works in it any more, and what is known of the allocation.
    pub(super) async fn remove(&mut self) {
        self.disk.shutdown().await;
        while self.work.join_next().await.is_some() {}
        let id = self.saved.id;
        if let Err(error) = self.remove_files().await {
            tracing::error!(alloc = %id, %error, "its directory could not be removed; it is swept at the next start");
        }
        let collected = SavedRunner { ended_at: self.ended_at, collected: true, ..SavedRunner::default() };
        let done = match self.farewell.unwrap_or_default() {
            Farewell::Keep => {
                let record = SavedRunner { memory: self.runner.memory(), ..collected };
                self.context.store.save_runner(id, &record).await
            }
            Farewell::Erase => self.context.store.erase(&self.saved.husk(), &collected).await,
            Farewell::Forget => {
                self.context.outbox.discard(id);
                self.context.ends.forget(id);
                self.context.store.forget(id).await
            }
        };
        if let Err(error) = done {
            tracing::error!(alloc = %id, %error, "its removal could not be saved; it is repeated at the next start");
        }
    }

    async fn remove_files(&self) -> std::io::Result<()> {
        let id = self.saved.id;
        let mut attempt = 1;
        loop {
            let dirs = Arc::clone(&self.context.dirs);
            match blocking(move || dirs.remove(id)).await {
                Err(_) if attempt < ATTEMPTS => {
                    attempt += 1;
                    tokio::time::sleep(RETRY).await;
                }
                other => return other,
            }
        }
    }

    /// Once every task is dead, where the group wants its logs read: which of them hold something.
    pub(super) async fn find_unread(&mut self) {
        let cleanup = self.alloc.group_spec().and_then(|group| group.cleanup);
        let wanted = cleanup.is_some_and(|cleanup| cleanup.mode == CleanupMode::AfterRead);
        if !wanted || self.unread.is_some() || !self.runner.is_over() {
            return;
        }
        let tasks: Vec<TaskName> =
            self.runner.tasks().iter().map(|runner| runner.plan().name.clone()).collect();
        let (dirs, id) = (Arc::clone(&self.context.dirs), self.saved.id);
        let found = blocking(move || match dirs.alloc(id) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeSet::new()),
            Err(error) => Err(error),
            Ok(alloc) => LogReader::written(&alloc, &tasks),
        });
        self.unread = match found.await {
            Ok(unread) => Some(unread),
            Err(error) => {
                tracing::warn!(alloc = %id, %error, "logs cannot be listed; they stay until the retention has passed");
                return;
            }
        };
    }

    pub(super) async fn log_read(&mut self, task: &TaskName, kind: LogKind) -> Flow {
        let is_stderr = kind == LogKind::Stderr;
        let known = self.unread.as_mut().is_some_and(|unread| unread.remove(&(task.clone(), is_stderr)));
        if !known {
            return Flow::Go;
        }
        self.conclude(Vec::new(), self.context.now()).await
    }
}
