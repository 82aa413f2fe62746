//! Logs and files, piece by piece, for as long as somebody reads them and somebody may write them.

use std::io;
use std::time::Duration;

use muster_ids::{AllocId, TaskName};
use muster_rpc::messages::{AgentExport, AgentMonitor, FsChunk, FsRead, LogChunk, MonitorChunk, TaskLogs};
use muster_rpc::{CallFailure, FailureCode, Opening, Sender};
use muster_telemetry::Level;
use muster_telemetry::logs::{ExportRequest, Format};
use serde::Serialize;

use super::failure;
use crate::alloc_dir::blocking;
use crate::fs::FileReader;
use crate::logs::{LogReader, POLL};
use crate::queries::Queries;

/// Pieces read at once, so that a fast reader does not pay for a change of threads with each.
const BATCH: usize = 4;

/// Bytes of log sent at once, as far as they wait already.
const MONITOR_CHUNK: usize = 32 * 1024;

pub async fn task_logs(queries: Queries, request: TaskLogs, opening: Opening<TaskLogs>) {
    let writer = request.follow.then(|| Writer::Task(request.alloc_id, request.task.clone()));
    match queries.logs(request).await {
        Ok(reader) => {
            if let Ok(sender) = opening.accept().await {
                send_all(reader, sender, writer, &queries).await;
            }
        }
        Err(error) => opening.refuse(failure(&error)).await,
    }
}

pub async fn fs_read(queries: Queries, request: FsRead, opening: Opening<FsRead>) {
    let writer = request.follow.then_some(Writer::AnyTask(request.alloc_id));
    match queries.read(request).await {
        Ok(reader) => {
            if let Ok(sender) = opening.accept().await {
                send_all(reader, sender, writer, &queries).await;
            }
        }
        Err(error) => opening.refuse(failure(&error)).await,
    }
}

/// Who may still write what is being followed.
enum Writer {
    Task(AllocId, TaskName),
    AnyTask(AllocId),
}

impl Writer {
    async fn is_gone(&self, queries: &Queries) -> bool {
        match self {
            Self::Task(alloc, task) => queries.is_silent(*alloc, task).await,
            Self::AnyTask(alloc) => queries.is_over(*alloc).await,
        }
    }
}

/// This agent's log, until the reader goes. What the reader is too slow for is counted, not kept.
pub async fn agent_monitor(queries: Queries, request: AgentMonitor, opening: Opening<AgentMonitor>) {
    let Some(level) = Level::parse(&request.level) else {
        let failure = CallFailure::new(FailureCode::Invalid, format!("Unknown log level: {}", request.level));
        return opening.refuse(failure).await;
    };
    let format = Format { json: request.json, location: request.location };
    let mut watcher = queries.logs_of_agent().watch(level, format);
    let Ok(mut sender) = opening.accept().await else { return };
    loop {
        let line = tokio::select! {
            line = watcher.next() => line,
            () = sender.closed() => return,
        };
        let Some(mut text) = line else { return };
        text.push('\n');
        watcher.more(&mut text, MONITOR_CHUNK);
        if sender.send(&MonitorChunk { data: text.into() }).await.is_err() {
            return;
        }
    }
}

/// What this agent logged before.
pub async fn agent_export(queries: Queries, request: AgentExport, opening: Opening<AgentExport>) {
    let AgentExport { on_disk, service, since, follow } = request;
    let export = ExportRequest::new(on_disk, &service, since, follow);
    let mut export = match export.and_then(|request| queries.logs_of_agent().export(request)) {
        Ok(export) => export,
        Err(error) => return opening.refuse(CallFailure::invalid(error.to_string())).await,
    };
    let Ok(mut sender) = opening.accept().await else { return };
    loop {
        let data = tokio::select! {
            data = export.next() => data,
            () = sender.closed() => return,
        };
        // The consumer may have gone meanwhile.
        let _gone = match data {
            Some(Ok(data)) => match sender.send(&MonitorChunk { data }).await {
                Ok(()) => continue,
                gone => gone,
            },
            Some(Err(error)) => sender.fail(CallFailure::internal(error.to_string())).await,
            None => sender.finish().await,
        };
        return;
    }
}

/// Something read piece by piece.
trait Pieces: Send + 'static {
    type Piece: Serialize + Send + Sync;

    fn next_piece(&mut self) -> io::Result<Option<Self::Piece>>;
    fn is_done(&self) -> bool;
}

impl Pieces for LogReader {
    type Piece = LogChunk;

    fn next_piece(&mut self) -> io::Result<Option<LogChunk>> {
        self.next_chunk()
    }

    fn is_done(&self) -> bool {
        false
    }
}

impl Pieces for FileReader {
    type Piece = FsChunk;

    fn next_piece(&mut self) -> io::Result<Option<FsChunk>> {
        self.next_chunk()
    }

    fn is_done(&self) -> bool {
        Self::is_done(self)
    }
}

/// A consumer that reads slowly makes this wait; one that is gone ends it. With a `writer`, goes on until that is gone.
async fn send_all<P: Pieces>(
    mut pieces: P,
    mut sender: Sender<P::Piece>,
    writer: Option<Writer>,
    queries: &Queries,
) {
    let (first_wait, longest_wait) = POLL;
    let mut wait = first_wait;
    let mut idle = false;
    loop {
        // Asked before reading: what was written before the end is there to be read.
        let over = match &writer {
            None => true,
            Some(writer) => idle && writer.is_gone(queries).await,
        };
        let (back, batch) = match blocking(move || read_batch(pieces)).await {
            Ok(read) => read,
            Err(error) => {
                // The consumer may have gone meanwhile.
                let _gone = sender.fail(CallFailure::internal(error.to_string())).await;
                return;
            }
        };
        pieces = back;
        idle = batch.is_empty();
        if !idle {
            wait = first_wait;
            for piece in &batch {
                if sender.send(piece).await.is_err() {
                    return;
                }
            }
        } else if over || pieces.is_done() {
            let _gone = sender.finish().await;
            return;
        } else {
            if gone_within(&mut sender, wait).await {
                return;
            }
            wait = (wait * 2).min(longest_wait);
        }
    }
}

fn read_batch<P: Pieces>(mut pieces: P) -> io::Result<(P, Vec<P::Piece>)> {
    let mut batch = Vec::with_capacity(BATCH);
    while batch.len() < BATCH
        && let Some(piece) = pieces.next_piece()?
    {
        batch.push(piece);
    }
    Ok((pieces, batch))
}

async fn gone_within<T: Serialize>(sender: &mut Sender<T>, wait: Duration) -> bool {
    tokio::time::timeout(wait, sender.closed()).await.is_ok()
}
