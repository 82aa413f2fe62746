//! From a stream that the peer opened to a request that a handler may see: read within limits, decode, check the role.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::frame::{self, FrameError, FrameReader};
use super::mux_stream::MuxStream;
use super::session::Shared;
use super::wire::{Answer, Open};
use super::{ByteStream, BytesPurpose, IncomingStream, Pending};
use crate::messages::Empty;
use crate::{CallFailure, FailureCode};

pub(crate) async fn receive(mut stream: MuxStream, handlers: mpsc::Sender<IncomingStream>) {
    let session = Arc::clone(stream.session());
    let mut reader = FrameReader::new(session.limits.frame());
    let request = timeout(session.limits.request_timeout, read(&mut reader, &mut stream, &session)).await;
    let open = match request {
        Ok(Ok(open)) => open,
        // Without a whole request there is nobody to answer.
        Err(_) | Ok(Err(FrameError::Cut | FrameError::Io(_) | FrameError::Encode(_))) => return,
        Ok(Err(error)) => return refuse(stream, unreadable(&error)).await,
    };
    if let Err(failure) = allowed(&open, &session) {
        tracing::warn!(peer = %session.peer.addr, role = %session.peer.role, "{failure}");
        return refuse(stream, failure).await;
    }
    let incoming = match open {
        Open::Call { deadline_ms, request } => {
            IncomingStream::Call(request.incoming(Pending::new(stream, deadline(deadline_ms))))
        }
        Open::Stream { request } => {
            IncomingStream::Stream(request.incoming(Pending::new(stream, Instant::now())))
        }
        Open::Dialogue { request } => {
            IncomingStream::Dialogue(request.incoming(Pending::new(stream, Instant::now()), reader))
        }
        Open::Bytes { purpose } => {
            let Ok(()) = accept_bytes(&mut stream).await else { return };
            IncomingStream::Bytes(purpose, ByteStream::new(stream, reader.into_rest()))
        }
    };
    if let Err(mpsc::error::SendError(incoming)) = handlers.send(incoming).await {
        unattended(incoming).await;
    }
}

/// Requests up to this size are received without asking: their number is bounded by the number of streams.
const SMALL: usize = 64 << 10;

/// The budget is taken by what was announced, before it is read: many large requests at once wait for each other.
async fn read(
    reader: &mut FrameReader,
    stream: &mut MuxStream,
    session: &Shared,
) -> Result<Open, FrameError> {
    let size = reader.next_size(stream).await?.ok_or(FrameError::Cut)?;
    let permits = if size <= SMALL { 0 } else { u32::try_from(size).unwrap_or(u32::MAX) };
    let _budget = session.state.budget.acquire_many(permits).await.map_err(|_| FrameError::Cut)?;
    reader.message(stream).await
}

/// No caller waits for years; a hostile number must not overflow the clock.
fn deadline(milliseconds: u64) -> Instant {
    const LONGEST: Duration = Duration::from_secs(24 * 3600);
    Instant::now() + Duration::from_millis(milliseconds).min(LONGEST)
}

/// What runs a region is asked within it; a server of another region may only pass its users' requests on.
fn allowed(open: &Open, session: &Shared) -> Result<(), CallFailure> {
    let (what, required, crosses_regions) = match open {
        Open::Call { request, .. } => (request.kind().as_str(), request.kind().requires(), false),
        Open::Stream { request } => (request.kind().as_str(), request.kind().requires(), false),
        Open::Dialogue { request } => (request.kind().as_str(), request.kind().requires(), false),
        Open::Bytes { purpose: purpose @ BytesPurpose::Http } => ("Http", purpose.requires(), true),
    };
    let (role, theirs, ours) = (session.peer.role, &session.peer.region, &session.region);
    if !role.may_act_as(required) {
        return Err(CallFailure::denied(format!(
            "`{what}` may be asked by a {required} only, and the certificate is a {role}'s"
        )));
    }
    if theirs != ours && !crosses_regions {
        return Err(CallFailure::denied(format!(
            "`{what}` may be asked within region `{ours}` only, and the certificate is of region `{theirs}`"
        )));
    }
    Ok(())
}

fn unreadable(error: &FrameError) -> CallFailure {
    match error {
        FrameError::TooLarge { size, limit } => CallFailure::invalid(format!(
            "a request of {size} bytes is over this agent's limit of {limit} bytes"
        )),
        error => CallFailure::new(
            FailureCode::Unsupported,
            format!("this agent does not understand the request, which may be newer than the agent: {error}"),
        ),
    }
}

/// `Answer::Failed` and `Event::Failed` look the same on the wire, so that a request of any kind can be refused.
async fn refuse(stream: MuxStream, failure: CallFailure) {
    Pending::new(stream, Instant::now()).finish(&Answer::<Empty>::Failed(failure), Answer::Failed).await;
}

async fn accept_bytes(stream: &mut MuxStream) -> Result<(), FrameError> {
    use tokio::io::AsyncWriteExt;

    let frame = frame::encode(&Answer::Done(Empty {}), stream.session().limits.frame())?;
    Ok(stream.write_all(&frame).await?)
}

async fn unattended(incoming: IncomingStream) {
    let failure = CallFailure::unavailable("this agent takes no requests on this connection");
    match incoming {
        IncomingStream::Call(call) => call.refuse(failure).await,
        IncomingStream::Stream(stream) => stream.refuse(failure).await,
        IncomingStream::Dialogue(dialogue) => dialogue.refuse(failure).await,
        IncomingStream::Bytes(..) => {}
    }
}
