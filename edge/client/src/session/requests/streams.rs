//! Logs and files, piece by piece, for as long as somebody reads them.

use std::io;
use std::time::Duration;

use muster_rpc::messages::{FsChunk, FsRead, LogChunk, TaskLogs};
use muster_rpc::{CallFailure, Opening, Sender};
use serde::Serialize;

use super::failure;
use crate::alloc_dir::blocking;
use crate::fs::FileReader;
use crate::logs::{LogReader, POLL};
use crate::queries::Queries;

pub async fn task_logs(queries: Queries, request: TaskLogs, opening: Opening<TaskLogs>) {
    let follow = request.follow;
    match queries.logs(request).await {
        Ok(reader) => {
            if let Ok(sender) = opening.accept().await {
                send_all(reader, sender, follow).await;
            }
        }
        Err(error) => opening.refuse(failure(&error)).await,
    }
}

pub async fn fs_read(queries: Queries, request: FsRead, opening: Opening<FsRead>) {
    let follow = request.follow;
    match queries.read(request).await {
        Ok(reader) => {
            if let Ok(sender) = opening.accept().await {
                send_all(reader, sender, follow).await;
            }
        }
        Err(error) => opening.refuse(failure(&error)).await,
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

/// A consumer that reads slowly makes this wait; one that is gone ends it.
async fn send_all<P: Pieces>(mut pieces: P, mut sender: Sender<P::Piece>, follow: bool) {
    let (first_wait, longest_wait) = POLL;
    let mut wait = first_wait;
    loop {
        let read = blocking(move || pieces.next_piece().map(|piece| (pieces, piece))).await;
        let (back, piece) = match read {
            Ok(read) => read,
            Err(error) => {
                // The consumer may have gone meanwhile.
                let _gone = sender.fail(CallFailure::internal(error.to_string())).await;
                return;
            }
        };
        pieces = back;
        match piece {
            Some(piece) => {
                wait = first_wait;
                if sender.send(&piece).await.is_err() {
                    return;
                }
            }
            None if follow && !pieces.is_done() => {
                if gone_within(&mut sender, wait).await {
                    return;
                }
                wait = (wait * 2).min(longest_wait);
            }
            None => {
                let _gone = sender.finish().await;
                return;
            }
        }
    }
}

async fn gone_within<T: Serialize>(sender: &mut Sender<T>, wait: Duration) -> bool {
    tokio::time::timeout(wait, sender.closed()).await.is_ok()
}
