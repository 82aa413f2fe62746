//! The calling side of a call.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;

use super::CallError;
use super::frame::{self, FrameReader};
use super::session::Shared;
use super::wire::{Answer, Open};
use crate::Call;

/// Dropping this future resets the stream, by which the handler learns that nobody waits any more.
pub(crate) async fn exchange<C: Call>(
    session: &Arc<Shared>,
    request: C,
    deadline: Duration,
) -> Result<C::Reply, CallError> {
    let deadline_ms = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
    let limit = session.limits.frame();
    let request = frame::encode(&Open::Call { deadline_ms, request: request.into_request() }, limit)?;
    let _turn = session.call_permit().await?;
    let mut stream = session.open().await?;
    // A refusal may arrive before all of the request is sent: the answer counts, not the failure to send.
    let _ = stream.write_all(&request).await;
    let answer = FrameReader::new(limit).message(&mut stream).await;
    match answer.map_err(|error| session.explain(error.into()))? {
        Answer::Done(reply) => Ok(reply),
        Answer::Failed(failure) => Err(failure.into()),
    }
}
