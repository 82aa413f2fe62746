//! Accounts of this machine: from the name in a task's `user` to numbers the kernel takes.
//!
//! Look-ups go through the system's name service and may take long (LDAP): never call them from async code directly.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
pub use linux::{effective_ids, lookup};

use std::path::PathBuf;

/// One account, with every group it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    /// Supplementary groups, the primary one included.
    pub groups: Vec<u32>,
    pub home: PathBuf,
    pub shell: PathBuf,
}

#[derive(Debug, thiserror::Error)]
pub enum UserError {
    #[error("user `{0}` does not exist on this machine")]
    Unknown(String),
    #[error("user `{name}` could not be looked up: {source}")]
    Lookup { name: String, source: std::io::Error },
}

/// # Errors
/// Always: accounts are not known here yet.
#[cfg(not(target_os = "linux"))]
pub fn lookup(name: &str) -> Result<Account, UserError> {
    Err(UserError::Lookup { name: name.to_owned(), source: crate::unsupported("looking up accounts") })
}

/// Effective user and group of this process.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn effective_ids() -> (u32, u32) {
    (0, 0)
}
