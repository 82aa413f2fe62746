//! The producing side of a stream of items.

use std::marker::PhantomData;

use bytes::{Buf, BytesMut};
use serde::Serialize;
use tokio::io::AsyncWriteExt;

use super::mux_stream::MuxStream;
use super::wire::Event;
use super::{CallError, Peer, Pending, frame};
use crate::{CallFailure, Stream};

/// A stream the peer has asked for, to be accepted or refused.
#[derive(Debug)]
pub struct Opening<S: Stream> {
    pending: Pending,
    stream: PhantomData<fn() -> S>,
}

impl<S: Stream> Opening<S> {
    pub(crate) fn new(pending: Pending) -> Self {
        Self { pending, stream: PhantomData }
    }

    #[must_use]
    pub fn peer(&self) -> &Peer {
        self.pending.peer()
    }

    /// # Errors
    /// When whoever asked is gone.
    pub async fn accept(self) -> Result<Sender<S::Item>, CallError> {
        let mut sender =
            Sender { stream: self.pending.into_stream(), unsent: BytesMut::new(), item: PhantomData };
        sender.write(&Event::Accepted).await?;
        Ok(sender)
    }

    pub async fn refuse(self, failure: CallFailure) {
        self.pending.finish(&Event::<S::Item>::Failed(failure), Event::Failed).await;
    }
}

/// Sends items. Dropped without [`finish`](Self::finish) or [`fail`](Self::fail), the consumer sees that the stream
/// was cut.
#[derive(Debug)]
pub struct Sender<T> {
    stream: MuxStream,
    /// The rest of a frame whose sending was cancelled.
    unsent: BytesMut,
    item: PhantomData<fn(T)>,
}

impl<T: Serialize> Sender<T> {
    /// Waits while the consumer has unread items of more than the stream's window. When this future is dropped, the
    /// item is sent with the next one, or not at all.
    ///
    /// # Errors
    /// When the consumer is gone, or the item is larger than a frame may be.
    pub async fn send(&mut self, item: &T) -> Result<(), CallError> {
        self.write(&Event::Item(item)).await
    }

    /// Resolves when the consumer is gone; for a producer that waits for something to send.
    pub async fn closed(&mut self) {
        self.stream.gone().await;
    }

    /// Ends the stream in good order.
    ///
    /// # Errors
    /// When the consumer is gone.
    pub async fn finish(mut self) -> Result<(), CallError> {
        self.write(&Event::End).await?;
        self.shutdown().await
    }

    /// Ends the stream with the reason why it cannot go on.
    ///
    /// # Errors
    /// When the consumer is gone.
    pub async fn fail(mut self, failure: CallFailure) -> Result<(), CallError> {
        self.write(&Event::Failed(failure)).await?;
        self.shutdown().await
    }

    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.stream.session().peer
    }

    async fn write(&mut self, event: &Event<&T>) -> Result<(), CallError> {
        let frame = frame::encode(event, self.stream.session().limits.frame())?;
        self.drain().await?;
        self.unsent = frame;
        self.drain().await
    }

    async fn drain(&mut self) -> Result<(), CallError> {
        while self.unsent.has_remaining() {
            if self.stream.write_buf(&mut self.unsent).await.is_err() {
                return Err(self.stream.session().explain(CallError::Dropped));
            }
        }
        Ok(())
    }

    async fn shutdown(&mut self) -> Result<(), CallError> {
        let closed = self.stream.shutdown().await;
        closed.map_err(|_| self.stream.session().explain(CallError::Dropped))
    }
}
