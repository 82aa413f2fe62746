//! The state machine seen from outside: commands in, replies, events and snapshots out. Every step of every test checks
//! all named invariants and that exactly the watchers concerned are woken (`world.rs`).

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod acl;
mod acl_links;
mod allocs;
mod build;
mod children;
mod collect;
mod deployments;
mod disconnects;
mod dispatch;
mod drains;
mod evals;
mod golden;
mod jobs;
mod join_tokens;
mod named;
mod namespaces;
mod nodes;
mod periodic;
mod plans;
mod preemption;
mod random;
mod revocations;
mod root_keys;
mod rows;
mod scaling;
mod scheduling;
mod stream;
mod versions;
mod world;
