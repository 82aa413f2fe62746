//! Everything that knows openraft: our log, state and members on one side, its traits on the other.
//!
//! Nothing of openraft is stored or leaves this crate; replacing it means rewriting this folder.

pub(crate) mod builder;
pub(crate) mod convert;
pub(crate) mod log_store;
pub(crate) mod members;
pub(crate) mod peers;
pub(crate) mod state_machine;
pub(crate) mod types;
