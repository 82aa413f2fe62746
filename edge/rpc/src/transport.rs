//! Connections between agents and what runs over them.
//!
//! ```text
//!   connect / Listener      TCP -> TLS 1.3, both certificates verified -> hello (protocol version) -> yamux
//!        |                                                                                             |
//!     Session (clone freely)  <---- driver: one task a connection, owns the socket ------------------'
//!        |-- call        request ->, <- reply
//!        |-- subscribe   request ->, <- accepted, <- item ..., <- end
//!        |-- converse    request ->, <- accepted, items both ways
//!        '-- open_bytes  purpose ->, <- accepted, bytes both ways
//!     Incoming: the same four, asked by the peer; both ends may ask
//! ```
//!
//! Bounds: streams and calls a connection ([`Limits`]), 256 KiB of unread bytes a stream (yamux's window: a producer
//! whose consumer does not read waits), a size limit a frame, a byte budget for requests being received, connections
//! and handshakes a listener. A stream that is dropped is closed; a connection ends when all handles to it are gone.
//!
//! A peer that vanished without a word is noticed by heartbeats above or by TCP keep-alive; a closed connection at
//! once. Nothing here retries or reconnects: that is for the owner of the session.

mod ask;
mod byte_stream;
mod call;
mod dial;
mod driver;
mod duplex;
mod error;
mod frame;
mod handshake;
mod hello;
mod incoming;
mod limits;
mod listener;
mod mux_stream;
mod opening;
mod peer;
mod pending;
mod read_ahead;
mod receive;
mod responder;
mod session;
mod socket;
mod subscription;
mod wire;

pub use byte_stream::ByteStream;
pub use dial::connect;
pub use duplex::{Duplex, DuplexReceiver, DuplexSender, Proposal};
pub use error::{AcceptError, CallError, CloseReason, ConnectError, HandshakeError};
pub(crate) use frame::FrameReader;
pub(crate) use frame::encode;
pub use handshake::https_failure;
pub use incoming::{Incoming, IncomingStream};
pub use limits::Limits;
pub use listener::Listener;
pub use opening::{Opening, Sender};
pub use peer::Peer;
pub(crate) use pending::Pending;
pub use responder::Responder;
pub use session::Session;
pub use subscription::Subscription;
pub use wire::BytesPurpose;
#[cfg(test)]
pub(crate) use {frame::decode, wire::Answer};
