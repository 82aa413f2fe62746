//! Certificates of servers, clients and the command line.

pub(crate) mod create;
pub(crate) mod info;
