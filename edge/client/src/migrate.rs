//! The successor's side of a migrating disk: asks the servers for the predecessor's data until it has it, or until it
//! is certain that nobody can give it.
//!
//! ```text
//!   ask ──not over yet, not connected──▶ wait, ask again          (for as long as it takes)
//!    │  ──broken off, faults──▶ ask again                         (a few times)
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
/// Times in a row that asking may fail, or the data break off without getting further than before.
const BROKEN_ATTEMPTS: u32 = 5;
/// Disks that are brought here at once; further ones wait for their turn.
pub const FETCHES: usize = 4;
/// Chunks on their way to the disk.
const CHUNKS: usize = 4;

/// Why an attempt brought nothing.
enum Failed {
    /// It may be there soon.
    Later,
    /// It broke off after so many bytes.
    Broken {
        problem: String,
        bytes: u64,
    },
    Never(String),
}

/// What broke off so far.
#[derive(Debug, Default)]
struct Breaks {
    unanswered: u32,
    cut_off: u32,
    furthest_bytes: u64,
}

impl Breaks {
    const fn answered(&mut self) {
        self.unanswered = 0;
    }

    /// Counts one; says whether to ask again.
    const fn may_ask_again(&mut self, bytes: u64) -> bool {
        if bytes > self.furthest_bytes {
            *self = Self { unanswered: 0, cut_off: 0, furthest_bytes: bytes };
        }
        let count = if bytes == 0 { &mut self.unanswered } else { &mut self.cut_off };
        *count += 1;
        *count <= BROKEN_ATTEMPTS
    }
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
    let mut breaks = Breaks::default();
    loop {
        let failed = match attempt(context, alloc, &heirs).await {
            Ok(left_out) => return Ok(left_out),
            Err(failed) => failed,
        };
        match failed {
            Failed::Later => breaks.answered(),
            Failed::Broken { problem, bytes } if breaks.may_ask_again(bytes) => {
                tracing::warn!(alloc = %alloc.id, %problem, "data of the previous allocation broke off; asking again");
            }
            Failed::Broken { problem, .. } | Failed::Never(problem) => {
                let (dirs, id) = (Arc::clone(&context.dirs), alloc.id);
                let dropped = blocking(move || dirs.drop_incoming(id, &heirs)).await;
                return Err(match dropped {
                    Ok(()) => problem,
                    Err(error) => format!("{problem}; what came of it cannot be removed: {error}"),
                });
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

/// One attempt; afterwards everything is in place.
async fn attempt(context: &Arc<Context>, alloc: &Alloc, heirs: &Arc<Vec<Heir>>) -> Result<u64, Failed> {
    let mut link = context.link.subscribe();
    let session = link.wait_for(Option::is_some).await.ok().and_then(|session| session.clone());
    let session = session.ok_or(Failed::Later)?;
    let _turn = context.fetching.acquire().await.map_err(|_| Failed::Later)?;
    let request = DiskFetch { node_id: context.node_id, secret: context.secret.clone(), alloc_id: alloc.id };
    let pieces = session.subscribe(request, DEADLINE).await.map_err(refused)?;
    let (chunks, feed) = mpsc::channel(CHUNKS);
    let max_bytes = max_bytes(alloc.group_spec());
    let (dirs, id) = (Arc::clone(&context.dirs), alloc.id);
    let unpacked = tokio::task::spawn_blocking(move || {
        dirs.unpack_incoming(id, Feed { chunks: feed, rest: Bytes::new() }, max_bytes)
    });
    let mut bytes = 0;
    let passed = pass(pieces, chunks, &mut bytes).await;
    let broken = |problem: String| Failed::Broken { problem, bytes };
    let unpacked = unpacked.await.map_err(|error| broken(error.to_string()))?;
    // What broke off cannot be unpacked either.
    let left_out = passed?;
    unpacked.map_err(|error| match error {
        ArchiveError::TooLarge(bytes) => Failed::Never(too_large(bytes)),
        ArchiveError::Io(_) => broken(format!("what came {error}")),
        error => Failed::Never(format!("what came {error}")),
    })?;
    let (dirs, id, heirs) = (Arc::clone(&context.dirs), alloc.id, Arc::clone(heirs));
    let installed = blocking(move || dirs.install_incoming(id, &heirs)).await;
    installed.map(|()| left_out).map_err(|error| broken(format!("what came cannot be put in place: {error}")))
}

/// Passes chunks on to whoever unpacks them, counting their bytes; says what was left out once all of them came.
async fn pass(
    mut pieces: Subscription<DiskChunk>,
    chunks: mpsc::Sender<Bytes>,
    bytes: &mut u64,
) -> Result<u64, Failed> {
    let mut left_out = 0;
    loop {
        match tokio::time::timeout(SILENCE, pieces.next()).await {
            Err(_) => {
                let problem = format!("nothing came for {} s", SILENCE.as_secs());
                return Err(Failed::Broken { problem, bytes: *bytes });
            }
            Ok(None) => return Ok(left_out),
            Ok(Some(Err(error))) => return Err(broken_off(error, *bytes)),
            Ok(Some(Ok(chunk))) => {
                *bytes = bytes.saturating_add(chunk.data.len() as u64);
                left_out = chunk.left_out;
                if !chunk.data.is_empty() && chunks.send(chunk.data).await.is_err() {
                    // It says itself why it wants no more.
                    return Ok(left_out);
                }
            }
        }
    }
}

/// Before anything came.
fn refused(error: CallError) -> Failed {
    match error {
        CallError::Failed(failure)
            if matches!(failure.code, FailureCode::Unavailable | FailureCode::NotLeader) =>
        {
            Failed::Later
        }
        error => broken_off(error, 0),
    }
}

/// Once it began, nothing means "later" any more: what breaks off at the same place again and again must end.
fn broken_off(error: CallError, bytes: u64) -> Failed {
    use FailureCode::{Denied, Invalid, NotFound, Unsupported};
    match error {
        CallError::Failed(failure) if matches!(failure.code, Denied | Invalid | NotFound | Unsupported) => {
            Failed::Never(failure.message.to_string())
        }
        error => Failed::Broken { problem: error.to_string(), bytes },
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

#[cfg(test)]
mod tests {
    use muster_rpc::CallFailure;

    use super::*;

    #[test]
    fn what_breaks_off_at_the_same_place_ends_and_what_gets_further_goes_on() {
        let mut breaks = Breaks::default();
        for bytes in 1..100 {
            assert!(breaks.may_ask_again(bytes), "each gets further");
        }
        let more = |breaks: &mut Breaks, bytes| (0..100).take_while(|_| breaks.may_ask_again(bytes)).count();
        breaks.answered();
        assert_eq!(more(&mut breaks, 99), 4, "the first one of them counted");
        let mut silent = Breaks::default();
        assert_eq!(more(&mut silent, 0), 5);
        silent.answered();
        assert_eq!(more(&mut silent, 0), 5);
    }

    #[test]
    fn faults_are_tried_again_and_refusals_are_not() {
        let of = |failure: CallFailure| CallError::Failed(failure);
        assert!(matches!(refused(of(CallFailure::unavailable("busy"))), Failed::Later));
        assert!(matches!(
            broken_off(of(CallFailure::unavailable("gone")), 7),
            Failed::Broken { bytes: 7, .. }
        ));
        assert!(matches!(refused(of(CallFailure::internal("disk"))), Failed::Broken { bytes: 0, .. }));
        assert!(matches!(refused(CallError::Dropped), Failed::Broken { .. }));
        for never in [CallFailure::not_found("it"), CallFailure::denied("it"), CallFailure::invalid("it")] {
            assert!(matches!(refused(of(never.clone())), Failed::Never(_)));
            assert!(matches!(broken_off(of(never), 7), Failed::Never(_)));
        }
    }
}
