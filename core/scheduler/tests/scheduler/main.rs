//! The scheduler against the real state: scenarios to read, properties over many small clusters.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod annotations;
mod attempts;
mod plans;
mod preemption;
mod properties;
mod scenario;
mod scenario_text;
mod tenancy;
mod world;
