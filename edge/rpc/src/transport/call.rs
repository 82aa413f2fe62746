//! The calling side of a call.

use std::sync::Arc;
use std::time::Duration;

use super::CallError;
use super::ask::ask;
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
    match ask(&mut stream, &mut FrameReader::new(limit), &request).await? {
        Answer::Done(reply) => Ok(reply),
        Answer::Failed(failure) => Err(failure.into()),
    }
}
