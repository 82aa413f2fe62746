//! The handle everything else uses: propose, read, watch.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use muster_ids::Index;
use muster_state::Snapshot;
use muster_state::command::{Command, Refusal, Reply};
use openraft::ReadPolicy;
use openraft::async_runtime::watch::WatchReceiver;
use openraft::errors::{LinearizableReadError, RaftError};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

use crate::applied::{AppliedBatch, Readers};
use crate::body::encode_part;
use crate::config::ConsensusConfig;
use crate::error::{ProposeError, StartError, StorageError};
use crate::event_log::EventLog;
use crate::leadership::Leadership;
use crate::proposer::{Proposal, fatal_error};
use crate::raft::types::Raft;
use crate::snapshotter::Taken;
use crate::start;
use crate::status::RaftStatus;
use crate::wal::Wal;

/// The answer to a proposal.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposed {
    /// The entry it was committed in; other proposals may share it.
    pub index: Index,
    /// One a command, in order.
    pub replies: Vec<Result<Reply, Refusal>>,
}

/// This server's part of the replicated log. Cheap to clone.
#[derive(Clone)]
pub struct Consensus {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub config: ConsensusConfig,
    pub raft: Raft,
    /// `None` once shut down, so that the log's thread can end.
    pub wal: Mutex<Option<Wal>>,
    pub wal_thread: Mutex<Option<JoinHandle<()>>>,
    pub readers: Readers,
    pub events: EventLog,
    pub proposals: mpsc::Sender<Proposal>,
    pub queued_bytes: Arc<Semaphore>,
    pub leadership: watch::Receiver<Leadership>,
    pub snapshots: mpsc::Sender<oneshot::Sender<Taken>>,
    pub tasks: Mutex<tokio::task::JoinSet<()>>,
    /// Keeps other processes out of the data directory.
    pub dir_lock: Mutex<Option<std::fs::File>>,
}

/// Never the state: it holds job secrets, and this ends up in logs.
impl fmt::Debug for Consensus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let config = &self.inner.config;
        f.debug_struct("Consensus")
            .field("server", &config.server_id)
            .field("data_dir", &config.data_dir)
            .finish()
    }
}

fn take<T>(slot: &Mutex<Option<T>>) -> Option<T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl Consensus {
    /// Opens the log or, on first start, begins a cluster with this server as its only voter. Everything committed
    /// is applied when this returns; batches applied later go to the returned receiver, so take [`Self::snapshot`]
    /// first.
    ///
    /// # Errors
    /// Damage on disk is named, with what to do about it, and nothing is changed.
    pub async fn start(config: ConsensusConfig) -> Result<(Self, mpsc::Receiver<AppliedBatch>), StartError> {
        start::start(config).await
    }

    /// Commits `commands` in one entry, each judged for itself, and returns when they are applied here.
    ///
    /// Dropping the future does not take the proposal back.
    ///
    /// # Errors
    /// After [`ProposeError::Undecided`], [`ProposeError::Shutdown`] and [`ProposeError::Storage`] it may have been
    /// committed all the same.
    pub async fn propose(&self, commands: Vec<Command>) -> Result<Proposed, ProposeError> {
        let part = encode_part(&commands).map_err(|error| ProposeError::Storage(error.to_string()))?;
        let (bytes, limit) = (part.0.len(), self.inner.config.max_entry_bytes);
        if bytes > limit {
            return Err(ProposeError::TooLarge { bytes, limit });
        }
        let permits = u32::try_from(bytes).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.inner.queued_bytes)
            .try_acquire_many_owned(permits)
            .map_err(|_| ProposeError::Overloaded)?;
        let (answer, wait) = oneshot::channel();
        self.inner.proposals.try_send(Proposal { commands, part, answer, permit }).map_err(|error| {
            match error {
                mpsc::error::TrySendError::Full(_) => ProposeError::Overloaded,
                mpsc::error::TrySendError::Closed(_) => ProposeError::Shutdown,
            }
        })?;
        wait.await.unwrap_or(Err(ProposeError::Shutdown))
    }

    /// The newest applied state; never waits.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.inner.readers.current.load().snapshot.clone()
    }

    /// Index of the newest applied entry. [`Self::snapshot`] is at least as new as what is read here.
    #[must_use]
    pub fn watch_applied(&self) -> watch::Receiver<Index> {
        self.inner.readers.applied.clone()
    }

    /// The newest events. Whoever reads one finds a snapshot at least as new.
    #[must_use]
    pub fn events(&self) -> &EventLog {
        &self.inner.events
    }

    /// Waits until [`Self::snapshot`] holds everything committed before this call, in the whole cluster.
    ///
    /// # Errors
    /// [`ProposeError::NotLeader`] also when the leader cannot reach a quorum.
    pub async fn read_index(&self) -> Result<Index, ProposeError> {
        let read = self.inner.raft.ensure_linearizable(ReadPolicy::ReadIndex).await;
        read.map(|id| Index(id.index())).map_err(|error| match error {
            RaftError::APIError(LinearizableReadError::ForwardToLeader(to)) => {
                ProposeError::NotLeader { leader: to.leader_id }
            }
            RaftError::APIError(LinearizableReadError::QuorumNotEnough(_)) => {
                ProposeError::NotLeader { leader: None }
            }
            RaftError::Fatal(fatal) => fatal_error(&fatal),
        })
    }

    #[must_use]
    pub fn leadership(&self) -> watch::Receiver<Leadership> {
        self.inner.leadership.clone()
    }

    #[must_use]
    pub fn status(&self) -> RaftStatus {
        let metrics = self.inner.raft.metrics().borrow_watched().clone();
        let wal = self.inner.wal.lock().unwrap_or_else(PoisonError::into_inner);
        let log = wal.as_ref().map(|wal| wal.reader().view(|view| (view.last(), view.facts().purged)));
        let (last, purged) = log.unwrap_or_default();
        RaftStatus::new(&metrics, last.map_or(0, |last| last.term), purged.map(|purged| purged.index))
    }

    /// Writes a snapshot of the newest state and lets the log forget what it covers. The index it covers; zero when
    /// nothing was applied yet.
    ///
    /// # Errors
    /// When the disk refuses; the server goes on.
    pub async fn take_snapshot(&self) -> Result<Index, StorageError> {
        let stopped = |_| StorageError::Stopped("the server is shutting down".into());
        let (asker, wait) = oneshot::channel();
        self.inner
            .snapshots
            .send(asker)
            .await
            .map_err(|_| StorageError::Stopped("the server is shutting down".into()))?;
        wait.await.map_err(stopped)?.map(Option::unwrap_or_default)
    }

    /// Stops proposing and applying, flushes the log and releases the data directory. Proposals in flight get
    /// [`ProposeError::Shutdown`]. Later calls return at once.
    pub async fn shutdown(&self) {
        if let Err(error) = self.inner.raft.shutdown().await {
            tracing::warn!(%error, "raft ended abnormally");
        }
        let tasks = std::mem::take(&mut *self.inner.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        stop(tasks).await;
        if let Some(wal) = take(&self.inner.wal)
            && let Err(error) = wal.flush().await
        {
            tracing::warn!(%error, "the log was not flushed at the end");
        }
        if let Some(thread) = take(&self.inner.wal_thread) {
            // The state machine's worker may outlive raft by a moment and holds the log's reader.
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::warn!("the log's thread ended abnormally");
            }
        }
        drop(take(&self.inner.dir_lock));
    }
}

async fn stop(mut tasks: tokio::task::JoinSet<()>) {
    tasks.abort_all();
    while tasks.join_next().await.is_some() {}
}

#[cfg(test)]
mod tests;
