//! Items both ways, for as long as both sides want.
//!
//! ```text
//!   opener:    request, then Item*, End            dropped: the stream is reset, which the acceptor notices at once
//!   acceptor:  Accepted | Failed, then Item*, End | Failed
//! ```

use std::marker::PhantomData;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncWriteExt, ReadHalf, WriteHalf, split};

use super::ask::ask;
use super::frame::{self, FrameReader};
use super::mux_stream::MuxStream;
use super::session::Shared;
use super::wire::{Event, Open};
use super::{CallError, Peer, Pending};
use crate::{CallFailure, Dialogue};

/// One end: what it sends, what it receives.
#[derive(Debug)]
pub struct Duplex<Out, In> {
    pub sender: DuplexSender<Out>,
    pub receiver: DuplexReceiver<In>,
}

/// Dropping both halves resets the stream.
#[derive(Debug)]
pub struct DuplexSender<T> {
    stream: WriteHalf<MuxStream>,
    session: Arc<Shared>,
    /// The rest of a frame whose sending was cancelled.
    unsent: BytesMut,
    item: PhantomData<fn(T)>,
}

#[derive(Debug)]
pub struct DuplexReceiver<T> {
    /// `None` once the other side has finished or failed.
    stream: Option<ReadHalf<MuxStream>>,
    session: Arc<Shared>,
    reader: FrameReader,
    item: PhantomData<fn() -> T>,
}

/// A dialogue the peer asks for, to be accepted or refused.
#[derive(Debug)]
pub struct Proposal<D: Dialogue> {
    pending: Pending,
    reader: FrameReader,
    dialogue: PhantomData<fn() -> D>,
}

pub(crate) async fn open<D: Dialogue>(
    session: &Arc<Shared>,
    request: D,
) -> Result<Duplex<D::Asks, D::Answers>, CallError> {
    let limit = session.limits.frame();
    let request = frame::encode(&Open::Dialogue { request: request.into_request() }, limit)?;
    let mut stream = session.open().await?;
    let mut reader = FrameReader::new(limit);
    match ask::<Event<D::Answers>>(&mut stream, &mut reader, &request).await? {
        Event::Accepted => Ok(Duplex::new(stream, reader)),
        Event::Failed(failure) => Err(failure.into()),
        Event::Item(_) | Event::End => {
            Err(CallError::Malformed("an item before the dialogue was accepted".into()))
        }
    }
}

impl<Out, In> Duplex<Out, In> {
    fn new(stream: MuxStream, reader: FrameReader) -> Self {
        let session = Arc::clone(stream.session());
        let (read, write) = split(stream);
        Self {
            sender: DuplexSender {
                stream: write,
                session: Arc::clone(&session),
                unsent: BytesMut::new(),
                item: PhantomData,
            },
            receiver: DuplexReceiver { stream: Some(read), session, reader, item: PhantomData },
        }
    }
}

impl<D: Dialogue> Proposal<D> {
    pub(crate) fn new(pending: Pending, reader: FrameReader) -> Self {
        Self { pending, reader, dialogue: PhantomData }
    }

    #[must_use]
    pub fn peer(&self) -> &Peer {
        self.pending.peer()
    }

    /// # Errors
    /// When whoever asked is gone.
    pub async fn accept(self) -> Result<Duplex<D::Answers, D::Asks>, CallError> {
        let mut duplex = Duplex::new(self.pending.into_stream(), self.reader);
        duplex.sender.write(&Event::Accepted).await?;
        Ok(duplex)
    }

    pub async fn refuse(self, failure: CallFailure) {
        self.pending.finish(&Event::<D::Answers>::Failed(failure), Event::Failed).await;
    }
}

impl<T: Serialize> DuplexSender<T> {
    /// Waits while the peer has unread items of more than the stream's window. When this future is dropped, the item
    /// is sent with the next one, or not at all.
    ///
    /// # Errors
    /// When the peer is gone, or the item is larger than a frame may be.
    pub async fn send(&mut self, item: &T) -> Result<(), CallError> {
        self.write(&Event::Item(item)).await
    }

    /// Ends this side's items in good order.
    ///
    /// # Errors
    /// When the peer is gone.
    pub async fn finish(&mut self) -> Result<(), CallError> {
        self.write(&Event::End).await?;
        self.shutdown().await
    }

    /// Ends this side's items with the reason why they cannot go on.
    ///
    /// # Errors
    /// When the peer is gone.
    pub async fn fail(&mut self, failure: CallFailure) -> Result<(), CallError> {
        self.write(&Event::Failed(failure)).await?;
        self.shutdown().await
    }

    async fn write(&mut self, event: &Event<&T>) -> Result<(), CallError> {
        let frame = frame::encode(event, self.session.limits.frame())?;
        self.drain().await?;
        self.unsent = frame;
        self.drain().await
    }

    async fn drain(&mut self) -> Result<(), CallError> {
        while self.unsent.has_remaining() {
            if self.stream.write_buf(&mut self.unsent).await.is_err() {
                return Err(self.session.explain(CallError::Dropped));
            }
        }
        Ok(())
    }

    async fn shutdown(&mut self) -> Result<(), CallError> {
        let closed = self.stream.shutdown().await;
        closed.map_err(|_| self.session.explain(CallError::Dropped))
    }
}

impl<T: DeserializeOwned> DuplexReceiver<T> {
    /// The next item; `None` when the peer has finished, or after an error. Nothing is lost when this future is
    /// dropped.
    pub async fn next(&mut self) -> Option<Result<T, CallError>> {
        let stream = self.stream.as_mut()?;
        let end = match self.reader.message(stream).await {
            Ok(Event::Item(item)) => return Some(Ok(item)),
            Ok(Event::End) => None,
            Ok(Event::Failed(failure)) => Some(Err(failure.into())),
            Ok(Event::Accepted) => Some(Err(CallError::Malformed("the dialogue was accepted twice".into()))),
            Err(error) => Some(Err(self.session.explain(error.into()))),
        };
        self.stream = None;
        end
    }
}
