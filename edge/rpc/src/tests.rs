//! The crate against itself: two ends on real loopback sockets.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod authority;
mod bytes;
mod calls;
mod compatibility;
mod death;
mod dialogues;
mod hostile;
mod joining;
mod limits;
#[cfg(unix)]
mod pem_files;
mod policy;
mod refusals;
mod streams;
mod support;
mod swap;
#[cfg(unix)]
mod user_ca;
