//! The HTTP API: listener → guard → route table → authorisation → handler.
//!
//! ```text
//!   listener ─ guard ─ dispatch ─┬─ read   (blocking.rs: run, watch, run again) ─ routes/*.rs
//!                                ├─ list   (the same; listing.rs encodes it piece by piece)
//!                                ├─ write  (proposes, answers with the index)   ─ routes/*.rs
//!                                ├─ events (follows the log)                     ─ routes/event.rs, ../events.rs
//!                                └─ node   (asks the node, often a stream)      ─ routes/client/*.rs
//! ```
//!
//! Handlers never see the raw snapshot: they get a `Scoped` view that asks the caller's
//! grant about every object.

pub(crate) mod asked_node;
mod beside;
pub(crate) mod blocking;
pub(crate) mod body;
pub(crate) mod caller;
mod compress;
pub(crate) mod dispatch;
pub(crate) mod error;
mod filter;
mod first_byte;
mod forward;
mod guard;
pub(crate) mod listener;
pub(crate) mod listing;
pub(crate) mod options;
pub(crate) mod page;
mod per_address;
pub(crate) mod routes;
pub(crate) mod until_revoked;
mod websocket;

pub use forward::{Connect, Forwarder};
pub use listener::{HttpConfig, HttpListener, Service, serve_stream};
pub use routes::search::SearchLimits;

#[cfg(test)]
mod tests;
