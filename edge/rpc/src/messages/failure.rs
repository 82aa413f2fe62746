//! How a handler says no.

use muster_ids::Text;
use serde::{Deserialize, Serialize};

/// Why a request was not carried out. The code is for programs, the message for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct CallFailure {
    pub code: FailureCode,
    pub message: Text,
    /// With [`FailureCode::NotLeader`]: where the leader is, `host:port`, when known.
    #[serde(default)]
    pub leader: Option<Text>,
}

impl CallFailure {
    #[must_use]
    pub fn new(code: FailureCode, message: impl Into<Text>) -> Self {
        Self { code, message: message.into(), leader: None }
    }

    #[must_use]
    pub fn not_found(message: impl Into<Text>) -> Self {
        Self::new(FailureCode::NotFound, message)
    }

    #[must_use]
    pub fn denied(message: impl Into<Text>) -> Self {
        Self::new(FailureCode::Denied, message)
    }

    #[must_use]
    pub fn invalid(message: impl Into<Text>) -> Self {
        Self::new(FailureCode::Invalid, message)
    }

    #[must_use]
    pub fn unavailable(message: impl Into<Text>) -> Self {
        Self::new(FailureCode::Unavailable, message)
    }

    #[must_use]
    pub fn internal(message: impl Into<Text>) -> Self {
        Self::new(FailureCode::Internal, message)
    }

    #[must_use]
    pub fn not_leader(leader: Option<Text>) -> Self {
        Self { code: FailureCode::NotLeader, message: Text::from("this server is not the leader"), leader }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FailureCode {
    /// The object named does not exist here.
    NotFound,
    /// The peer may not do this.
    Denied,
    /// The request contradicts itself or the object's state; repeating it is useless.
    Invalid,
    /// Not now; another server, or the same one later, may do it.
    Unavailable,
    /// Ask the leader.
    NotLeader,
    /// This agent does not know the request: it is older than the caller.
    Unsupported,
    /// A fault of the answering agent; its log says more.
    Internal,
}
