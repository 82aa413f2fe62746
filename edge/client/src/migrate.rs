//! The successor's side of a migrating disk: asks the servers for the predecessor's data until it has it, or until it
//! is certain that nobody can give it.
//!
//! ```text
//!   ask ──not over yet, not connected──▶ wait, ask again          (for as long as it takes)
//!    │  ──broken off──▶ ask again                                 (a few times)
//!    │  ──gone, refused, too much──▶ give up: an empty disk
//!    ▼
//!   chunks ──channel──▶ unpacked beside everything else ──all there──▶ put in place
//! ```

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::{Buf, Bytes};
use muster_artifact::archive::ArchiveError;
use muster_model::{Alloc, Group};
use muster_rpc::messages::{DiskChunk, DiskFetch};
use muster_rpc::{CallError, FailureCode, Subscription};
use tokio::sync::mpsc;

use crate::alloc_dir::{Heir, blocking};
use crate::context::Context;

/// How long the other node may take to begin.
const DEADLINE: Duration = Duration::from_secs(30);
/// How long nothing may come once it began.
const SILENCE: Duration = Duration::from_secs(60);
/// Before the servers are asked again: at first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));
/// Times that the data may break off on its way.
const BROKEN_ATTEMPTS: u32 = 5;
/// Chunks on their way to the disk.
const CHUNKS: usize = 4;

/// Why an attempt brought nothing.
enum Failed {
    /// It may be there soon.
    Later,
    Broken(String),
    Never(String),
}

/// Brings the data of the predecessor here; `Ok` says how many entries could not be carried.
///
/// # Errors
/// Why there is none, in words for users.
pub async fn fetch(context: &Arc<Context>, alloc: &Arc<Alloc>, heirs: Vec<Heir>) -> Result<u64, String> {
    context.migrating.fetch_add(1, Ordering::Relaxed);
    let _counted = Counted(context);
    let heirs = Arc::new(heirs);
    let (mut pause, longest) = PAUSES;
    let mut broken = 0;
    loop {
        let failed = match attempt(context, alloc).await {
            Ok(left_out) => {
                let (dirs, id, heirs) = (Arc::clone(&context.dirs), alloc.id, Arc::clone(&heirs));
                let installed = blocking(move || dirs.install_incoming(id, &heirs)).await;
                return installed.map(|()| left_out).map_err(|error| error.to_string());
            }
            Err(failed) => failed,
        };
        match failed {
            Failed::Later => {}
            Failed::Broken(problem) if broken < BROKEN_ATTEMPTS => {
                tracing::warn!(alloc = %alloc.id, %problem, "data of the previous allocation broke off; asking again");
                broken += 1;
            }
            Failed::Broken(problem) | Failed::Never(problem) => {
                let (dirs, id) = (Arc::clone(&context.dirs), alloc.id);
                // There may be nothing to remove.
                let _removed = blocking(move || dirs.drop_incoming(id)).await;
                return Err(problem);
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}

/// Counts for as long as it lives.
struct Counted<'a>(&'a Context);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.migrating.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One attempt; afterwards everything is unpacked and waits to be put in place.
async fn attempt(context: &Arc<Context>, alloc: &Alloc) -> Result<u64, Failed> {
    let mut link = context.link.subscribe();
    let session = link.wait_for(Option::is_some).await.ok().and_then(|session| session.clone());
    let session = session.ok_or(Failed::Later)?;
    let request = DiskFetch { node_id: context.node_id, secret: context.secret.clone(), alloc_id: alloc.id };
    let pieces = session.subscribe(request, DEADLINE).await.map_err(failed)?;
    let (chunks, feed) = mpsc::channel(CHUNKS);
    let max_bytes = max_bytes(alloc.group_spec());
    let (dirs, id) = (Arc::clone(&context.dirs), alloc.id);
    let unpacked = tokio::task::spawn_blocking(move || {
        dirs.unpack_incoming(id, Feed { chunks: feed, rest: Bytes::new() }, max_bytes)
    });
    let passed = pass(pieces, chunks).await;
    let unpacked = unpacked.await.map_err(|error| Failed::Broken(error.to_string()))?;
    match (passed, unpacked) {
        (Ok(left_out), Ok(())) => Ok(left_out),
        // What broke off cannot be unpacked either.
        (Err(failed), _) => Err(failed),
        (Ok(_), Err(ArchiveError::TooLarge(bytes))) => Err(Failed::Never(too_large(bytes))),
        (Ok(_), Err(error)) => Err(Failed::Never(format!("what came {error}"))),
    }
}

/// Passes chunks on to whoever unpacks them; says what was left out once all of them came.
async fn pass(mut pieces: Subscription<DiskChunk>, chunks: mpsc::Sender<Bytes>) -> Result<u64, Failed> {
    let mut left_out = 0;
    loop {
        match tokio::time::timeout(SILENCE, pieces.next()).await {
            Err(_) => return Err(Failed::Broken(format!("nothing came for {} s", SILENCE.as_secs()))),
            Ok(None) => return Ok(left_out),
            Ok(Some(Err(error))) => return Err(failed(error)),
            Ok(Some(Ok(chunk))) => {
                left_out = chunk.left_out;
                if !chunk.data.is_empty() && chunks.send(chunk.data).await.is_err() {
                    // It says itself why it wants no more.
                    return Ok(left_out);
                }
            }
        }
    }
}

fn failed(error: CallError) -> Failed {
    match error {
        CallError::Failed(failure) => match failure.code {
            FailureCode::Unavailable | FailureCode::NotLeader => Failed::Later,
            _ => Failed::Never(failure.message.to_string()),
        },
        other => Failed::Broken(other.to_string()),
    }
}

pub fn max_bytes(group: Option<&Group>) -> u64 {
    group.map_or(0, |group| u64::from(group.ephemeral_disk.size_mb) << 20)
}

pub fn too_large(bytes: u64) -> String {
    format!("it holds more than the {} MB of the group's `ephemeral_disk`", bytes >> 20)
}

/// Chunks as one stream of bytes, for a thread that may wait.
struct Feed {
    chunks: mpsc::Receiver<Bytes>,
    rest: Bytes,
}

impl Read for Feed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            self.rest = self.chunks.blocking_recv().unwrap_or_default();
        }
        let read = self.rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..read), self.rest.get(..read)) {
            to.copy_from_slice(from);
        }
        self.rest.advance(read);
        Ok(read)
    }
}
