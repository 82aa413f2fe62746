//! For tests and benchmarks: builders of model values, and a harness of real agent processes on loopback.
//!
//! Everything here may panic: it is never part of the product. Nothing here sleeps for its own sake: tests wait for
//! conditions through [`eventually`].
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_debug_implementations,
    reason = "test support fails by panicking, with a message for the person who reads the test"
)]

mod agent;
pub mod artifacts;
pub mod netns;
mod ports;
mod python;
mod skip;
mod wait;

pub use muster_builders as build;

pub use agent::{Agent, AgentOptions, CliOutput};
pub use ports::free_port;
pub use python::Python;
pub use skip::skipped;
pub use wait::eventually;
