//! Commands for operators.

pub(crate) mod api;
pub(crate) mod scheduler;
