//! Joining: the one conversation with a machine that has no certificate yet.
//!
//! ```text
//!   newcomer                                                   server
//!     | -- TLS, protocol `muster-join/1`, no certificate ------> |  shows a certificate of the joining authority
//!     |    verifies that authority by its fingerprint            |
//!     | -- JoinRequest{secret, CSR, role, name} ---------------> |  the log uses the join token up
//!     | <- JoinReply{certificate, CA, servers, …} or a refusal - |
//! ```
//!
//! The newcomer's private key never leaves it, and it says its secret only to whom its [`JoinCode`] names by
//! fingerprint. The server lets nobody without a certificate say anything else: the door is chosen by the protocol
//! named in the first message of TLS, and ends after one answer.

mod code;
mod door;
mod error;
mod messages;
mod newcomer;

pub use code::{Fingerprint, JoinCode, JoinCodeError};
pub use door::{JoinDesk, JoinDoor};
pub use error::JoinError;
pub use messages::{JoinReply, JoinRequest};
pub use newcomer::join;

/// The protocol spoken inside TLS by who joins.
pub(crate) const ALPN: &[u8] = b"muster-join/1";

/// A request holds a signing request, an answer two certificates: neither needs more room.
const MAX_BYTES: usize = 64 << 10;
