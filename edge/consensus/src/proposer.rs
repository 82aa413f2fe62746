//! Joins proposals: everything queued while an entry is in flight becomes the next entry.
//!
//! One entry costs one fdatasync however many callers share it, so this loop decides every write figure. The leader's
//! clock is read here, once per entry, and nowhere below.

use std::time::{SystemTime, UNIX_EPOCH};

use muster_ids::{Index, UnixNanos};
use muster_state::command::{Command, Entry};
use openraft::errors::{ClientWriteError, Fatal, RaftError};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use crate::blob::Blob;
use crate::body::Body;
use crate::consensus::Proposed;
use crate::error::ProposeError;
use crate::raft::types::{Raft, Replies, TypeConfig};

pub(crate) struct Proposal {
    pub commands: Vec<Command>,
    /// `commands`, encoded.
    pub part: Blob,
    pub answer: oneshot::Sender<Result<Proposed, ProposeError>>,
    /// Held until answered: what bounds the bytes in the queue.
    pub permit: OwnedSemaphorePermit,
}

/// Limits of one entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EntryLimits {
    pub proposals: usize,
    pub bytes: usize,
}

/// Who waits for an entry, and for how many of its replies.
struct Waiting {
    commands: usize,
    answer: oneshot::Sender<Result<Proposed, ProposeError>>,
    _permit: OwnedSemaphorePermit,
}

/// Runs until every sender of `queue` is gone.
pub(crate) async fn run(raft: Raft, mut queue: mpsc::Receiver<Proposal>, limits: EntryLimits) {
    let mut next = None;
    loop {
        let first = match next.take() {
            Some(left_over) => left_over,
            None => match queue.recv().await {
                Some(proposal) => proposal,
                None => return,
            },
        };
        // Whoever was answered with the previous entry runs first, so that all ask in the same entry again.
        tokio::task::yield_now().await;
        let (entry, parts, waiting, left_over) = gather(first, &mut queue, limits);
        next = left_over;
        let result = write(&raft, entry, parts).await;
        answer(waiting, result);
    }
}

fn gather(
    first: Proposal,
    queue: &mut mpsc::Receiver<Proposal>,
    limits: EntryLimits,
) -> (Entry, Vec<Blob>, Vec<Waiting>, Option<Proposal>) {
    let mut entry = Entry { time: now(), commands: Vec::new() };
    let (mut parts, mut waiting, mut bytes) = (Vec::new(), Vec::new(), 0);
    let mut next = Some(first);
    while let Some(proposal) = next {
        let size = proposal.part.0.len();
        if !parts.is_empty() && bytes + size > limits.bytes {
            return (entry, parts, waiting, Some(proposal));
        }
        bytes += size;
        waiting.push(Waiting {
            commands: proposal.commands.len(),
            answer: proposal.answer,
            _permit: proposal.permit,
        });
        entry.commands.extend(proposal.commands);
        parts.push(proposal.part);
        next = if parts.len() < limits.proposals { queue.try_recv().ok() } else { None };
    }
    (entry, parts, waiting, None)
}

/// A clock before 1970 counts as 1970; `apply` keeps time monotonic whatever this says.
fn now() -> UnixNanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixNanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

async fn write(raft: &Raft, entry: Entry, parts: Vec<Blob>) -> Result<(Index, Replies), ProposeError> {
    let wanted = entry.commands.len();
    let body = Body::join(parts, entry).map_err(|error| ProposeError::Storage(error.to_string()))?;
    let response = raft.client_write(body).await.map_err(propose_error)?;
    if response.data.len() == wanted {
        Ok((Index(response.log_id.index), response.data))
    } else {
        let got = response.data.len();
        Err(ProposeError::Storage(format!(
            "the state gave {got} answers to {wanted} commands; report this as a bug"
        )))
    }
}

fn answer(waiting: Vec<Waiting>, result: Result<(Index, Replies), ProposeError>) {
    match result {
        Ok((index, replies)) => {
            let mut replies = replies.into_iter();
            for Waiting { commands, answer, .. } in waiting {
                let replies = replies.by_ref().take(commands).collect();
                // A caller that gave up has still changed the state.
                drop(answer.send(Ok(Proposed { index, replies })));
            }
        }
        Err(error) => {
            for Waiting { answer, .. } in waiting {
                drop(answer.send(Err(error.clone())));
            }
        }
    }
}

fn propose_error(error: RaftError<TypeConfig, ClientWriteError<TypeConfig>>) -> ProposeError {
    match error {
        RaftError::APIError(ClientWriteError::ForwardToLeader(to)) => {
            ProposeError::NotLeader { leader: to.leader_id }
        }
        RaftError::APIError(ClientWriteError::LogEntryDiscarded(to)) => {
            ProposeError::Undecided { leader: to.leader_id }
        }
        RaftError::APIError(other) => ProposeError::Storage(other.to_string()),
        RaftError::Fatal(fatal) => fatal_error(&fatal),
    }
}

pub(crate) fn fatal_error(fatal: &Fatal<TypeConfig>) -> ProposeError {
    match fatal {
        Fatal::Stopped => ProposeError::Shutdown,
        other => ProposeError::Storage(other.to_string()),
    }
}
