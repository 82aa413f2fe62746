//! Certificate authorities.

pub(crate) mod create;
pub(crate) mod info;
