//! The writer thread: takes whatever queued while the disk was busy and makes it durable together.

use std::io;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use super::batch::{Op, Position};
use super::log::{Log, lock};
use super::reader::Reader;
use super::view::View;
use crate::error::StorageError;

/// Operations that may wait for the disk; more make raft wait.
const QUEUE: usize = 4096;
/// A batch stops growing here.
const BATCH_BYTES: usize = 4 << 20;

/// Told once the operation is durable, or will never be.
pub(crate) type Done = Box<dyn FnOnce(io::Result<()>) + Send>;

struct Job {
    /// `None` only waits for what was queued before.
    op: Option<Op>,
    done: Done,
}

/// Handle to the running log; cheap to clone. The thread ends when the last one is gone.
#[derive(Clone, Debug)]
pub(crate) struct Wal {
    queue: mpsc::Sender<Job>,
    view: Arc<Mutex<View>>,
    reader: Reader,
}

impl Wal {
    /// Starts the writer thread. Joining the handle, after every `Wal` is gone, waits until the files are closed.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub(crate) fn start(log: Log) -> io::Result<(Self, JoinHandle<()>)> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let view = log.view();
        let reader = Reader::new(Arc::clone(&view), log.disk());
        let thread = std::thread::Builder::new().name("wal-writer".into()).spawn(move || run(log, jobs))?;
        Ok((Self { queue, view, reader }, thread))
    }

    pub(crate) const fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Shows `op` to readers at once and calls `done` when it is durable. Operations become durable in the order of
    /// the calls, which must not overlap.
    ///
    /// # Errors
    /// When entries do not follow the last one, or the log is closed; `done` is then not called.
    pub(crate) async fn submit(&self, op: Op, done: Done) -> io::Result<()> {
        lock(&self.view).apply(&op).map_err(io::Error::other)?;
        self.queue.send(Job { op: Some(op), done }).await.map_err(|_| closed())
    }

    /// Makes `op` durable before returning.
    ///
    /// # Errors
    /// When the log failed.
    pub(crate) async fn persist(&self, op: Op) -> io::Result<()> {
        let (done, wait) = oneshot::channel();
        self.submit(op, signal(done)).await?;
        wait.await.map_err(|_| closed())?
    }

    /// Notes the committed position; it becomes durable with the next batch or at [`Wal::flush`].
    pub(crate) fn committed(&self, position: Position) {
        lock(&self.view).facts.learn(&Op::Committed(position));
    }

    /// Waits until everything before is durable, the committed position included.
    ///
    /// # Errors
    /// When the log failed.
    pub(crate) async fn flush(&self) -> io::Result<()> {
        let (done, wait) = oneshot::channel();
        self.queue.send(Job { op: None, done: signal(done) }).await.map_err(|_| closed())?;
        wait.await.map_err(|_| closed())?
    }
}

fn signal(sender: oneshot::Sender<io::Result<()>>) -> Done {
    Box::new(move |result| {
        // Whoever waited may be gone; the operation is no less durable.
        let _gone = sender.send(result);
    })
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the log is closed")
}

fn run(mut log: Log, mut jobs: mpsc::Receiver<Job>) {
    while let Some(first) = jobs.blocking_recv() {
        let (ops, waiting) = gather(first, &mut jobs);
        let result = write(&mut log, ops);
        if let Err(error) = &result {
            tracing::error!(%error, "the raft log cannot be written; this server stops acknowledging");
        }
        let text = result.err().map(|error| error.to_string());
        for done in waiting {
            done(text.clone().map_or(Ok(()), |text| Err(io::Error::other(text))));
        }
    }
    if let Err(error) = write(&mut log, Vec::new()) {
        tracing::warn!(%error, "the committed position was not saved; it is found again at the next start");
    }
}

/// Everything that queued up, in order, up to the size of a batch.
fn gather(first: Job, jobs: &mut mpsc::Receiver<Job>) -> (Vec<Op>, Vec<Done>) {
    let (mut ops, mut waiting, mut bytes) = (Vec::new(), Vec::new(), 0);
    let mut next = Some(first);
    while let Some(job) = next {
        bytes += job.op.as_ref().map_or(0, Op::size);
        ops.extend(job.op);
        waiting.push(job.done);
        next = if bytes < BATCH_BYTES { jobs.try_recv().ok() } else { None };
    }
    (ops, waiting)
}

/// Writes `ops` and, with them, a committed position that moved.
fn write(log: &mut Log, mut ops: Vec<Op>) -> Result<(), StorageError> {
    let committed = lock(&log.view()).facts().committed;
    if let Some(position) = committed.filter(|_| committed > log.facts().committed) {
        ops.push(Op::Committed(position));
    }
    if ops.is_empty() { log.healthy() } else { log.write(ops) }
}
