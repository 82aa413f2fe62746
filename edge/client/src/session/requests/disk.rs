//! What an ended allocation leaves, sent to the servers for its successor on another node.

use std::io::{self, Write};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use muster_artifact::archive::ArchiveError;
use muster_ids::AllocId;
use muster_rpc::messages::{DiskChunk, DiskRead};
use muster_rpc::{CallError, CallFailure, Opening, Sender};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::failure;
use crate::migrate::too_large;
use crate::queries::Queries;

/// Bytes sent at once.
const CHUNK: usize = 64 << 10;
/// Chunks read ahead of a slow reader.
const AHEAD: usize = 4;
/// How long one chunk may wait for whoever asked.
const PATIENCE: Duration = Duration::from_secs(60);

pub async fn disk_read(queries: Queries, request: DiskRead, opening: Opening<DiskRead>) {
    let id = request.alloc_id;
    let packing = match queries.packing(request).await {
        Ok(packing) => packing,
        Err(error) => return opening.refuse(failure(&error)).await,
    };
    let Ok(mut sender) = opening.accept().await else { return };
    let (chunks, mut ready) = mpsc::channel(AHEAD);
    let _held = Arc::clone(&packing.hold);
    let packed = tokio::task::spawn_blocking(move || {
        let mut out = Chunks { chunks, unsent: Vec::with_capacity(CHUNK) };
        let left_out = packing.run(&mut out)?;
        out.flush().map_err(ArchiveError::Io)?;
        Ok(left_out)
    });
    while let Some(data) = ready.recv().await {
        let sent = timeout(PATIENCE, sender.send(&DiskChunk { data, left_out: 0 })).await;
        if !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
    let packed = packed.await.map_err(|error| ArchiveError::Io(io::Error::other(error))).flatten();
    // Whoever asked may have gone.
    let _gone = timeout(PATIENCE, conclude(&queries, id, packed, sender)).await;
}

async fn conclude(
    queries: &Queries,
    id: AllocId,
    packed: Result<u64, ArchiveError>,
    mut sender: Sender<DiskChunk>,
) -> Result<(), CallError> {
    match packed {
        // What was removed while it was read is not all that there was.
        Ok(_) if !queries.is_there(id).await => {
            sender.fail(CallFailure::not_found("it was removed while it was read")).await
        }
        Ok(left_out) => match sender.send(&DiskChunk { data: Bytes::new(), left_out }).await {
            Ok(()) => sender.finish().await,
            gone => gone,
        },
        Err(ArchiveError::TooLarge(bytes)) => sender.fail(CallFailure::invalid(too_large(bytes))).await,
        Err(ArchiveError::Io(error)) => sender.fail(CallFailure::internal(error.to_string())).await,
        Err(error) => sender.fail(CallFailure::invalid(format!("it {error}"))).await,
    }
}

/// Gathers what is written into chunks, on a thread that may wait.
struct Chunks {
    chunks: mpsc::Sender<Bytes>,
    unsent: Vec<u8>,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.unsent.len() == CHUNK {
            self.flush()?;
        }
        let taken = bytes.len().min(CHUNK - self.unsent.len());
        self.unsent.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        let chunk = mem::replace(&mut self.unsent, Vec::with_capacity(CHUNK));
        self.chunks.blocking_send(chunk.into()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}
