//! The crate as others use it, on real files.

#![expect(clippy::unwrap_used, reason = "tests")]

mod events;
mod proposing;
mod restart;
mod snapshots;
mod support;
