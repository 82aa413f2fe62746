//! The consuming side of a stream of items.

use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::CallError;
use super::ask::ask;
use super::frame::{self, FrameReader};
use super::mux_stream::MuxStream;
use super::session::Shared;
use super::wire::{Event, Open};
use crate::Stream;

/// Items of the peer, in order. An item that is not taken makes the producer wait once the stream's window is full.
/// Dropping the subscription tells the producer to stop.
#[derive(Debug)]
pub struct Subscription<T> {
    /// `None` once the stream is over.
    stream: Option<MuxStream>,
    reader: FrameReader,
    item: PhantomData<fn() -> T>,
}

pub(crate) async fn open<S: Stream>(
    session: &Arc<Shared>,
    request: S,
) -> Result<Subscription<S::Item>, CallError> {
    let limit = session.limits.frame();
    let request = frame::encode(&Open::Stream { request: request.into_request() }, limit)?;
    let mut stream = session.open().await?;
    let mut reader = FrameReader::new(limit);
    match ask::<Event<S::Item>>(&mut stream, &mut reader, &request).await? {
        Event::Accepted => Ok(Subscription { stream: Some(stream), reader, item: PhantomData }),
        Event::Failed(failure) => Err(failure.into()),
        Event::Item(_) | Event::End => {
            Err(CallError::Malformed("an item before the stream was accepted".into()))
        }
    }
}

impl<T: DeserializeOwned> Subscription<T> {
    /// The next item; `None` when the producer has finished, or after an error. Nothing is lost when this future is
    /// dropped.
    pub async fn next(&mut self) -> Option<Result<T, CallError>> {
        let stream = self.stream.as_mut()?;
        let end = match self.reader.message(stream).await {
            Ok(Event::Item(item)) => return Some(Ok(item)),
            Ok(Event::End) => None,
            Ok(Event::Failed(failure)) => Some(Err(failure.into())),
            Ok(Event::Accepted) => Some(Err(CallError::Malformed("the stream was accepted twice".into()))),
            Err(error) => Some(Err(stream.session().explain(error.into()))),
        };
        self.stream = None;
        end
    }
}
