//! What travels on a stream around requests and answers.

use serde::{Deserialize, Serialize};

use crate::{CallFailure, DialogueRequest, Request, Role, StreamRequest};

/// The first frame of a stream, from the side that opened it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Open {
    /// Answered by one [`Answer`].
    Call {
        /// How long the caller will wait.
        deadline_ms: u64,
        request: Request,
    },
    /// Answered by [`Event`]s.
    Stream { request: StreamRequest },
    /// Answered by one [`Answer`], then bytes.
    Bytes { purpose: BytesPurpose },
    /// Answered by [`Event`]s, and followed by others.
    Dialogue { request: DialogueRequest },
}

/// What raw bytes on a stream mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BytesPurpose {
    /// HTTP/1.1 to the receiving agent's API: how an agent passes its users' requests on to a server.
    Http,
}

impl BytesPurpose {
    #[must_use]
    pub const fn requires(self) -> Role {
        match self {
            Self::Http => Role::Client,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer<T> {
    Done(T),
    Failed(CallFailure),
}

/// ```text
///   Accepted, Item*, End | Failed        or        Failed
/// ```
/// A stream that ends otherwise was cut.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Event<T> {
    Accepted,
    Item(T),
    End,
    Failed(CallFailure),
}
