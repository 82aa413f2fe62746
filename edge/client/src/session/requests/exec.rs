//! A command beside a task, for as long as the server that asked for it stays.
//!
//! ```text
//!   input:   receiver ─▶ buffer (at most a window) ─▶ stdin, StdinTaken back
//!   output:  stdout, stderr ─▶ queue ─▶ sender
//!   exit:    ... all output read ─▶ Exited
//! ```
//!
//! Both directions go on by themselves, so that an interrupt reaches a command whose output nobody reads. Whichever end
//! goes first, dropping the session ends the command and everything it started.

use std::time::Duration;

use bytes::BytesMut;
use muster_driver::{ExecInput as Stdin, ExecOutput as Stream, ExecSession, Resize};
use muster_rpc::messages::{EXEC_PIECE, EXEC_WINDOW, ExecExited, ExecInput, ExecOutput, TaskExec};
use muster_rpc::{CallFailure, Duplex, DuplexReceiver, DuplexSender, Proposal};
use muster_sys::pty::TtySize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, watch};

use super::failure;
use crate::QueryError;
use crate::queries::Queries;

/// Pieces of output waiting to be sent.
const QUEUE: usize = 4;
/// Until output that does not end with its command is given up: what the command left behind is killed by then.
const DRAIN: Duration = Duration::from_secs(15);

type Item = Result<ExecOutput, CallFailure>;

pub async fn task_exec(queries: Queries, request: TaskExec, proposal: Proposal<TaskExec>) {
    match queries.exec(request).await {
        Ok((session, _place)) => {
            if let Ok(duplex) = proposal.accept().await {
                converse(session, duplex).await;
            }
        }
        Err(error) => proposal.refuse(failure(&error)).await,
    }
}

async fn converse(session: ExecSession, duplex: Duplex<ExecOutput, ExecInput>) {
    let ExecSession { stdin, stdout, stderr, resize, exit } = session;
    let (queue, queued) = mpsc::channel(QUEUE);
    let (ended, end) = watch::channel(false);
    let command = async {
        let exited = async {
            let exited = exit.await;
            ended.send_replace(true);
            exited
        };
        let out = pump(stdout, &queue, ExecOutput::Stdout, ExecOutput::StdoutEnd, end.clone());
        let err = async {
            if let Some(stderr) = stderr {
                pump(stderr, &queue, ExecOutput::Stderr, ExecOutput::StderrEnd, end.clone()).await;
            }
        };
        let (exited, (), ()) = tokio::join!(exited, out, err);
        let last = exited.map(|exit| {
            let (exit_code, signal) = (exit.exit_code, exit.signal);
            ExecOutput::Exited(ExecExited { exit_code, signal, oom_killed: false })
        });
        let _gone = queue.send(last.map_err(|error| failure(&QueryError::of_command(&error)))).await;
        std::future::pending::<()>().await;
    };
    let input = Input::new(stdin, resize, queue.clone());
    tokio::select! {
        () = send(queued, duplex.sender) => {}
        () = input.run(duplex.receiver) => {}
        () = command => {}
    }
}

/// Until the last item, or until nobody wants any.
async fn send(mut queued: mpsc::Receiver<Item>, mut sender: DuplexSender<ExecOutput>) {
    while let Some(item) = queued.recv().await {
        let sent = match item {
            Ok(last @ ExecOutput::Exited(_)) => match sender.send(&last).await {
                Ok(()) => return drop(sender.finish().await),
                gone => gone,
            },
            Ok(item) => sender.send(&item).await,
            Err(failure) => return drop(sender.fail(failure).await),
        };
        if sent.is_err() {
            return;
        }
    }
}

/// Reads a stream to its end. A piece that nobody takes holds the command back.
async fn pump(
    mut from: Stream,
    queue: &mpsc::Sender<Item>,
    piece: fn(bytes::Bytes) -> ExecOutput,
    end: ExecOutput,
    ended: watch::Receiver<bool>,
) {
    loop {
        let mut buffer = BytesMut::with_capacity(EXEC_PIECE);
        let read = tokio::select! {
            read = from.read_buf(&mut buffer) => read,
            () = drained(ended.clone()) => break,
        };
        match read {
            Ok(1..) if queue.send(Ok(piece(buffer.freeze()))).await.is_ok() => {}
            _ => break,
        }
    }
    let _gone = queue.send(Ok(end)).await;
}

async fn drained(mut ended: watch::Receiver<bool>) {
    drop(ended.wait_for(|ended| *ended).await);
    tokio::time::sleep(DRAIN).await;
}

/// What goes to the command.
struct Input {
    /// `None` once it is closed, by whichever side.
    stdin: Option<Stdin>,
    resize: Option<Resize>,
    queue: mpsc::Sender<Item>,
    buffer: BytesMut,
    /// Close it when the buffer is empty.
    closing: bool,
    /// Taken, and not told yet.
    taken: usize,
}

impl Input {
    fn new(stdin: Stdin, resize: Option<Resize>, queue: mpsc::Sender<Item>) -> Self {
        Self { stdin: Some(stdin), resize, queue, buffer: BytesMut::new(), closing: false, taken: 0 }
    }

    /// Until the server is gone.
    async fn run(mut self, mut receiver: DuplexReceiver<ExecInput>) {
        loop {
            match self.turn(&mut receiver).await {
                Turn::Told | Turn::Fed(Fed::Nothing) => {}
                Turn::Item(item) if self.accept(&item) => {}
                Turn::Item(_) | Turn::Gone => return,
                Turn::Fed(Fed::Bytes(count)) => self.taken += count,
                Turn::Fed(Fed::Closed) => self.close(),
            }
        }
    }

    /// Waits for one thing to happen.
    async fn turn(&mut self, receiver: &mut DuplexReceiver<ExecInput>) -> Turn {
        let Self { stdin, queue, buffer, closing, taken, .. } = self;
        let has_work = stdin.is_some() && (*closing || !buffer.is_empty());
        tokio::select! {
            item = receiver.next() => match item {
                Some(Ok(item)) => Turn::Item(item),
                _ => Turn::Gone,
            },
            fed = feed(stdin.as_mut(), buffer), if has_work => Turn::Fed(fed),
            place = queue.reserve(), if *taken > 0 => {
                let Ok(place) = place else { return Turn::Gone };
                let count = u32::try_from(std::mem::take(taken)).unwrap_or(u32::MAX);
                place.send(Ok(ExecOutput::StdinTaken(count)));
                Turn::Told
            }
        }
    }

    /// Whether the server keeps to the window.
    fn accept(&mut self, item: &ExecInput) -> bool {
        match item {
            ExecInput::Stdin(data) => {
                let fits = self.buffer.len() + self.taken + data.len() <= EXEC_WINDOW;
                if self.closing || self.stdin.is_none() {
                    self.taken += data.len();
                } else if fits {
                    self.buffer.extend_from_slice(data);
                }
                return fits;
            }
            ExecInput::CloseStdin => self.closing = true,
            &ExecInput::Resize { height, width } => {
                if let Some(resize) = &self.resize
                    && let Err(error) = resize(TtySize { height, width })
                {
                    tracing::debug!(%error, "the terminal of a command was not resized");
                }
            }
        }
        true
    }

    fn close(&mut self) {
        self.stdin = None;
        self.taken += self.buffer.len();
        self.buffer.clear();
    }
}

enum Turn {
    Item(ExecInput),
    Fed(Fed),
    Told,
    Gone,
}

enum Fed {
    Bytes(usize),
    /// By us, or the command does not want any more.
    Closed,
    Nothing,
}

/// Writes what there is, or closes when that was all.
async fn feed(stdin: Option<&mut Stdin>, buffer: &mut BytesMut) -> Fed {
    let Some(stdin) = stdin else { return Fed::Nothing };
    if buffer.is_empty() {
        // One that is closed already needs no closing.
        let _closed = stdin.shutdown().await;
        return Fed::Closed;
    }
    match stdin.write_buf(buffer).await {
        Ok(count @ 1..) => Fed::Bytes(count),
        _ => Fed::Closed,
    }
}
