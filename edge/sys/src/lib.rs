//! The operating system, behind small safe interfaces. The only crate that may use `unsafe`.
//!
//! Everything above asks in terms of tasks, accounts and processes; nothing above knows a system call. Linux is
//! implemented; elsewhere the same functions exist and answer [`std::io::ErrorKind::Unsupported`].

pub mod confine;
pub mod disk;
pub mod heap;
pub mod landlock;
pub mod limits;
pub mod memory;
pub mod net;
pub mod procfs;
pub mod pty;
pub mod rotate;
pub mod signals;
pub mod supervisor;
pub mod terminal;
pub mod users;

/// The answer of everything that this platform cannot do.
#[cfg(not(target_os = "linux"))]
pub(crate) fn unsupported(what: &str) -> std::io::Error {
    let text = format!("{what} is not supported on {}", std::env::consts::OS);
    std::io::Error::new(std::io::ErrorKind::Unsupported, text)
}
