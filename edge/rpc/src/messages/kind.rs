//! What ties a request to its answer, so that a caller cannot misread a reply and a handler cannot send a wrong one.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{CallKind, DialogueKind, DialogueRequest, Request, StreamKind, StreamRequest};

/// A request with one reply.
pub trait Call: Send + 'static {
    type Reply: Serialize + DeserializeOwned + Send + Sync + 'static;
    const KIND: CallKind;

    fn into_request(self) -> Request;
}

/// A request answered by a sequence of items.
pub trait Stream: Send + 'static {
    type Item: Serialize + DeserializeOwned + Send + Sync + 'static;
    const KIND: StreamKind;

    fn into_request(self) -> StreamRequest;
}

/// A request followed by items both ways.
pub trait Dialogue: Send + 'static {
    /// Items of the side that opened it.
    type Asks: Serialize + DeserializeOwned + Send + Sync + 'static;
    /// Items of the side that accepted it.
    type Answers: Serialize + DeserializeOwned + Send + Sync + 'static;
    const KIND: DialogueKind;

    fn into_request(self) -> DialogueRequest;
}
