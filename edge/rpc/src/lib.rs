//! The transport between agents: one mutually authenticated TLS 1.3 connection, multiplexed both ways, that carries
//! typed requests.
//!
//! * [`pki`] makes and loads certificates and turns them into TLS configurations.
//! * [`transport`] connects, accepts, and runs calls, streams and byte tunnels over a connection.
//! * [`messages`] holds every request, reply and item, one file each; `messages/table.rs` lists them all.
//! * [`joining`] lets a machine without a certificate ask for one.
//!
//! This crate decides nothing about the cluster. It establishes who the peer is (its role and region, from the
//! certificate's subject alternative names alone) and refuses requests that this role may not make; everything else
//! is for the handlers in `muster-server` and `muster-client`. There is no plaintext mode.

pub mod joining;
pub mod messages;
pub mod pki;
mod role;
#[cfg(test)]
mod tests;
pub mod transport;

pub use messages::{
    Call, CallFailure, Dialogue, DialogueRequest, FailureCode, IncomingCall, IncomingDialogue,
    IncomingSubscription, Request, Secret, Stream, StreamRequest, sha256,
};
pub use pki::{
    Authority, AuthorityParams, CaPem, CertificateFault, CertificateInfo, CertificateMark, HttpsConfig,
    HttpsStore, Identity, IdentityStore, KeyPem, LeafParams, LeafPem, LeafRole, PemFiles, PkiError,
    RequestPem, Revocations, RevokedList, RoleNames, Subject, TlsOptions, TlsPolicy, UserCa, write_new_pair,
};
pub use role::Role;
pub use transport::{
    AcceptError, ByteStream, BytesPurpose, CallError, CloseReason, ConnectError, Duplex, DuplexReceiver,
    DuplexSender, Incoming, IncomingStream, Limits, Listener, Opening, Peer, Proposal, Responder, Sender,
    Session, Subscription, connect, https_failure,
};
