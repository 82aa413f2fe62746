//! `operator setup`: from nothing to a secure cluster, and further agents into it.
//!
//! ```text
//!   server:  CA, certificates, gossip key, configuration ─► agent starts ─► ACL bootstrap ─► join code
//!   client:  join code ─► key made here, certificate from the server ─► configuration ─► agent starts
//! ```

pub(crate) mod client;
mod files;
mod place;
pub(crate) mod server;
mod start;
