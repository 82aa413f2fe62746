//! Commands about tokens.

pub(crate) mod bootstrap;
pub(crate) mod token;
