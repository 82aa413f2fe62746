//! The drainer with a real state, a real scheduler, and nodes that obey.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod properties;
mod stories;
mod world;
