//! What can go wrong between agents.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use muster_ids::Region;

use super::frame::FrameError;
use crate::pki::{CertificateFault, PkiError};
use crate::{CallFailure, Role};

/// Why no connection came about.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("cannot reach {addr}: {source}")]
    Unreachable { addr: SocketAddr, source: io::Error },
    #[error("TLS: cannot connect to {addr} securely: {source}")]
    Handshake { addr: SocketAddr, source: HandshakeError },
}

/// Why [`Listener::accept`](super::Listener::accept) has no session to give.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The listener goes on; the cause is the machine's, such as too many open files.
    #[error("cannot accept connections: {0}")]
    Socket(io::Error),
    /// The listener goes on; this peer was turned away.
    #[error("TLS: refused a connection from {addr}: {source}")]
    Handshake { addr: SocketAddr, source: HandshakeError },
    /// No connection will come any more.
    #[error("the listener is closed")]
    Closed,
}

/// Why two agents did not agree to talk.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    #[error("the peer shows no certificate; mutual TLS is required")]
    NoCertificate,
    #[error(transparent)]
    Certificate(#[from] CertificateFault),
    #[error(
        "expected a {expected} of region `{region}`, but the certificate is a {found}'s of region `{found_region}`"
    )]
    WrongPeer { expected: Role, region: Region, found: Role, found_region: Region },
    /// Its verification of our certificate, or its hello, ended with this.
    #[error("the peer refused: {0}")]
    Refused(String),
    #[error("the peer does not speak the agents' protocol on this port")]
    NotMuster,
    #[error("no common protocol version: this agent speaks {ours}, the peer {theirs}")]
    Version { ours: u16, theirs: String },
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    #[error("this listener holds its limit of {0} connections")]
    Full(u32),
    #[error(transparent)]
    Pki(#[from] PkiError),
    #[error("{0}")]
    Tls(rustls::Error),
    #[error("{0}")]
    Io(io::Error),
}

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    #[error("closed by this agent")]
    Local,
    #[error("closed by the peer")]
    Remote,
    #[error("the peer's certificate has expired")]
    CertificateExpired,
    #[error("the peer's certificate has been revoked: {0}")]
    CertificateRevoked(String),
    #[error("{0}")]
    Broken(String),
}

/// Why a call or stream has no (further) answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error("no answer within {0:?}; whether the request was carried out is not known")]
    Deadline(Duration),
    #[error("not connected: {0}")]
    Disconnected(CloseReason),
    /// The stream alone was cut: the handler gave up, or the peer has too many streams open.
    #[error("the peer dropped the request without an answer")]
    Dropped,
    /// The peer's answer.
    #[error(transparent)]
    Failed(#[from] CallFailure),
    #[error("the message is larger than the limit of {limit} bytes{}", size.map_or(String::new(), |size| format!(": {size} bytes")))]
    TooLarge { size: Option<usize>, limit: usize },
    #[error("the peer's message cannot be understood: {0}")]
    Malformed(String),
    #[error("the message cannot be encoded: {0}")]
    Encode(String),
}

impl From<FrameError> for CallError {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::TooLarge { size, limit } => Self::TooLarge { size: Some(size), limit },
            FrameError::Malformed(reason) => Self::Malformed(reason),
            FrameError::Encode(reason) => Self::Encode(reason),
            FrameError::Cut | FrameError::Io(_) => Self::Dropped,
        }
    }
}
