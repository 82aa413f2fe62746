//! What the peer asks of this side.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::session::Shared;
use super::{ByteStream, BytesPurpose};
use crate::{IncomingCall, IncomingDialogue, IncomingSubscription};

/// The peer's requests, decoded and allowed to its role. A handler that falls behind makes further ones wait; dropping
/// this answers them with "unavailable".
#[derive(Debug)]
pub struct Incoming {
    requests: mpsc::Receiver<IncomingStream>,
    _keeps_the_connection: Arc<Shared>,
}

/// One thing the peer wants.
#[derive(Debug)]
pub enum IncomingStream {
    Call(IncomingCall),
    Stream(IncomingSubscription),
    Dialogue(IncomingDialogue),
    Bytes(BytesPurpose, ByteStream),
}

impl Incoming {
    pub(crate) fn new(requests: mpsc::Receiver<IncomingStream>, session: Arc<Shared>) -> Self {
        Self { requests, _keeps_the_connection: session }
    }

    /// The next request; `None` when the connection has ended. Nothing is lost when this future is dropped.
    pub async fn next(&mut self) -> Option<IncomingStream> {
        self.requests.recv().await
    }
}
