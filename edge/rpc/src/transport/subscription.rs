//! The consuming side of a stream of items.

use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio::io::AsyncWriteExt;

use super::CallError;
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
    // As with calls, the answer says more than a failure to send.
    let _ = stream.write_all(&request).await;
    let mut reader = FrameReader::new(limit);
    let first = reader.message::<Event<S::Item>, _>(&mut stream).await;
    match first.map_err(|error| session.explain(error.into()))? {
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
        let event = match self.reader.message(stream).await {
            Ok(event) => event,
            Err(error) => {
                let error = stream.session().explain(error.into());
                self.stream = None;
                return Some(Err(error));
            }
        };
        match event {
            Event::Item(item) => return Some(Ok(item)),
            Event::End => {
                self.stream = None;
                return None;
            }
            Event::Failed(failure) => {
                self.stream = None;
                return Some(Err(failure.into()));
            }
            Event::Accepted => {
                self.stream = None;
                return Some(Err(CallError::Malformed("the stream was accepted twice".into())));
            }
        }
    }
}
