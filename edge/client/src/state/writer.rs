//! The one thread that writes: everything waiting goes into one transaction.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use muster_ids::AllocId;
use redb::Database;
use tokio::sync::{mpsc, oneshot};

use super::{ALLOCS, NODE, RUNNERS, scrub};
use crate::ClientError;

/// Requests waiting; further callers wait for room.
const QUEUE: usize = 1_024;
/// Requests in one transaction.
const BATCH: usize = 256;

pub enum Change {
    Node(&'static str, Vec<u8>),
    Alloc(AllocId, Vec<u8>),
    Runner(AllocId, Vec<u8>),
    Forget(AllocId),
    /// Nothing that was removed or replaced may stay in the file.
    Scrub,
}

struct Request {
    changes: Vec<Change>,
    done: oneshot::Sender<Result<(), String>>,
}

#[derive(Clone)]
pub struct Writer {
    /// Emptied by `close`, which ends the thread.
    queue: Arc<Mutex<Option<mpsc::Sender<Request>>>>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writer")
    }
}

impl Writer {
    pub fn spawn(database: Database, path: PathBuf) -> std::io::Result<Self> {
        let (queue, requests) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("client-state".into())
            .spawn(move || run(database, &path, requests))?;
        Ok(Self { queue: Arc::new(Mutex::new(Some(queue))), thread: Arc::new(Mutex::new(Some(thread))) })
    }

    /// Resolves when the changes are on disk, all of them or none.
    pub async fn write(&self, changes: Vec<Change>) -> Result<(), ClientError> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let queue = queue.ok_or(ClientError::Closing)?;
        let (done, written) = oneshot::channel();
        queue.send(Request { changes, done }).await.map_err(|_| ClientError::Closing)?;
        written.await.map_err(|_| ClientError::Closing)?.map_err(ClientError::StateWrite)
    }

    pub async fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the writer of the client state ended badly");
            }
        }
    }
}

fn run(mut database: Database, path: &Path, mut requests: mpsc::Receiver<Request>) {
    while let Some(first) = requests.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < BATCH {
            let Ok(next) = requests.try_recv() else { break };
            batch.push(next);
        }
        let (changes, callers): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|request| (request.changes, request.done)).unzip();
        let changes: Vec<Change> = changes.into_iter().flatten().collect();
        let scrubs = changes.iter().any(|change| matches!(change, Change::Scrub));
        let outcome = commit(&database, changes);
        if scrubs && outcome.is_ok() {
            match scrub::rewrite(&database, path) {
                Ok(fresh) => database = fresh,
                Err(error) => {
                    tracing::error!(%error, "erased records stay in the state file until the next start");
                }
            }
        }
        for caller in callers {
            // A caller that no longer waits needs no answer.
            let _gone = caller.send(outcome.clone());
        }
    }
}

/// Writes all changes durably, or none.
pub fn commit(database: &Database, changes: Vec<Change>) -> Result<(), String> {
    try_commit(database, changes).map_err(|error| error.to_string())
}

fn try_commit(database: &Database, changes: Vec<Change>) -> Result<(), redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_quick_repair(true);
    {
        let mut node = transaction.open_table(NODE)?;
        let mut allocs = transaction.open_table(ALLOCS)?;
        let mut runners = transaction.open_table(RUNNERS)?;
        for change in changes {
            match change {
                Change::Node(key, bytes) => drop(node.insert(key, bytes.as_slice())?),
                Change::Alloc(id, bytes) => drop(allocs.insert(*id.as_bytes(), bytes.as_slice())?),
                Change::Runner(id, bytes) => drop(runners.insert(*id.as_bytes(), bytes.as_slice())?),
                Change::Scrub => drop(node.insert(scrub::OWED, [].as_slice())?),
                Change::Forget(id) => {
                    drop(allocs.remove(*id.as_bytes())?);
                    drop(runners.remove(*id.as_bytes())?);
                }
            }
        }
    }
    transaction.commit()?;
    Ok(())
}
