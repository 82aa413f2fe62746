//! A request of the peer that awaits its answer.

use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, timeout};

use super::frame::{self, FrameError};
use super::mux_stream::MuxStream;
use crate::{CallFailure, Peer};

/// Dropping it without an answer resets the stream: the caller learns that it was dropped.
#[derive(Debug)]
pub(crate) struct Pending {
    stream: MuxStream,
    /// When the caller stops waiting.
    deadline: Instant,
}

impl Pending {
    pub(crate) fn new(stream: MuxStream, deadline: Instant) -> Self {
        Self { stream, deadline }
    }

    pub(crate) fn peer(&self) -> &Peer {
        &self.stream.session().peer
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(crate) async fn gone(&mut self) {
        self.stream.gone().await;
    }

    /// Sends the last frame. Whoever asked may be gone, so there is nobody to tell about a failure.
    pub(crate) async fn finish<T: Serialize>(mut self, answer: &T, failed: impl FnOnce(CallFailure) -> T) {
        let limit = self.stream.session().limits.frame();
        let frame =
            frame::encode(answer, limit).or_else(|error| frame::encode(&failed(unsendable(&error)), limit));
        let Ok(frame) = frame else { return };
        // A peer that does not take its reply must not hold the handler.
        let patience: Duration = self.stream.session().limits.request_timeout;
        let sent = timeout(patience, self.stream.finish(&frame)).await;
        if !matches!(sent, Ok(Ok(()))) {
            tracing::debug!(peer = %self.peer().addr, "an answer was not taken");
        }
    }

    pub(crate) fn into_stream(self) -> MuxStream {
        self.stream
    }
}

fn unsendable(error: &FrameError) -> CallFailure {
    tracing::warn!(%error, "an answer cannot be sent");
    CallFailure::internal(format!("the answer cannot be sent: {error}"))
}
