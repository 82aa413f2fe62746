//! Why a machine did not join.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::PkiError;

#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    #[error("cannot reach {addr}: {source}")]
    Unreachable { addr: SocketAddr, source: io::Error },
    #[error("{addr} did not answer within {patience:?}")]
    Timeout { addr: SocketAddr, patience: Duration },
    /// Somebody else answers there, or in between.
    #[error(
        "{addr} shows no certificate of the authority that the join code names ({expected}): \
         nothing was said to it. Check the address, and who answers there"
    )]
    WrongAuthority { addr: SocketAddr, expected: String },
    #[error("TLS with {addr} failed: {reason}")]
    Tls { addr: SocketAddr, reason: String },
    /// The server's own words.
    #[error("the server refused: {0}")]
    Refused(String),
    #[error("{addr} lets nobody join, or is no server of this version")]
    NoDoor { addr: SocketAddr },
    #[error("the answer of {addr} cannot be understood: {reason}")]
    Malformed { addr: SocketAddr, reason: String },
    #[error(transparent)]
    Pki(#[from] PkiError),
}
