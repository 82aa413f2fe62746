//! The state machine seen from outside: commands in, replies, events and snapshots out. Every step of every test checks
//! all named invariants and that exactly the watchers concerned are woken (`world.rs`).

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod acl;
mod allocs;
mod build;
mod collect;
mod deployments;
mod drains;
mod evals;
mod golden;
mod jobs;
mod nodes;
mod plans;
mod preemption;
mod random;
mod rows;
mod scaling;
mod scheduling;
mod stream;
mod versions;
mod world;
