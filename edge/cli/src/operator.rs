//! Commands for operators.

pub(crate) mod api;
pub(crate) mod certificate;
pub(crate) mod join_token;
pub(crate) mod root_keyring;
pub(crate) mod scheduler;
pub(crate) mod setup;
pub(crate) mod tenant;
