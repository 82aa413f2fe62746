//! The answering side of a call.

use std::marker::PhantomData;

use tokio::time::Instant;

use super::wire::Answer;
use super::{Peer, Pending};
use crate::{Call, CallFailure};

/// Answers one call, with the reply that its kind demands. Dropped without an answer, the caller is told so.
#[derive(Debug)]
pub struct Responder<C: Call> {
    pending: Pending,
    call: PhantomData<fn() -> C>,
}

impl<C: Call> Responder<C> {
    pub(crate) fn new(pending: Pending) -> Self {
        Self { pending, call: PhantomData }
    }

    #[must_use]
    pub fn peer(&self) -> &Peer {
        self.pending.peer()
    }

    /// When the caller stops waiting: work beyond it is wasted.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.pending.deadline()
    }

    /// Resolves when nobody waits for the answer any more.
    pub async fn cancelled(&mut self) {
        self.pending.gone().await;
    }

    /// Sends the answer. That it was sent does not mean that it arrived.
    pub async fn reply(self, result: Result<C::Reply, CallFailure>) {
        let answer = result.map_or_else(Answer::Failed, Answer::Done);
        self.pending.finish(&answer, Answer::Failed).await;
    }
}
