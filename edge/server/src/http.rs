//! The HTTP API: listener → guard → route table → authorisation → handler.
//!
//! ```text
//!   listener ─ guard ─ dispatch ─┬─ read   (blocking.rs: run, watch, run again) ─ routes/*.rs
//!                                ├─ write  (proposes, answers with the index)   ─ routes/*.rs
//!                                └─ node   (asks the node, often a stream)      ─ routes/client/*.rs
//! ```
//!
//! Handlers never see the raw snapshot: they get a `Scoped` view that asks the caller's
//! grant about every object.

pub(crate) mod asked_node;
pub(crate) mod blocking;
pub(crate) mod body;
pub(crate) mod caller;
pub(crate) mod dispatch;
pub(crate) mod error;
mod forward;
mod guard;
mod listener;
pub(crate) mod options;
pub(crate) mod page;
pub(crate) mod routes;

pub use forward::{Connect, Forwarder};
pub use listener::{HttpConfig, HttpListener, Service, serve_stream};

#[cfg(test)]
mod tests;
