//! Commands about tokens, policies and roles.

pub(crate) mod bootstrap;
mod lint;
pub(crate) mod policy;
pub(crate) mod role;
pub(crate) mod status;
pub(crate) mod token;
