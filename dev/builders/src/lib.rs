//! The one home of test builders for model values: jobs, groups, tasks, nodes, allocations.
//!
//! Tests take a value from here and change the fields they are about (`Job { priority: 70, ..job(…) }`), so that a
//! new field of the model is added in one place. Everything here may panic: it is never part of the product.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test support fails by panicking")]

mod alloc;
mod job;
mod network;
mod node;

pub use alloc::alloc;
pub use job::{group, job, logs, resources, restart, task};
pub use network::{network, port};
pub use node::{devices, node, topology};
