//! `operator join-token`: what lets a machine become a member, once.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
