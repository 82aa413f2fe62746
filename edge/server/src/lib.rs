//! The server role: consensus, scheduling, node sessions and the HTTP API, wired together.
//!
//! A job's way through this crate: `http/routes/jobs.rs` proposes → `brain.rs` sees the applied evaluation and
//! queues it → `worker.rs` schedules it → `planner.rs` commits the plan → `node_rpc/watch.rs` pushes the allocation
//! to its node. Decisions are all in `core/`; this crate moves values between them.

mod acl;
mod agent;
mod brain;
mod collector;
mod events;
mod housekeeper;
pub mod http;
mod ids;
mod joining;
mod metrics;
mod node_rpc;
mod planner;
mod revocations;
mod root_keys;
mod scoped;
mod server;
mod sessions;
mod shared;
mod sight;
#[cfg(test)]
mod testing;
mod watch;
mod worker;
mod workers;

pub use acl::AclSettings;
pub use agent::{AgentInfo, KnownServers, Tools, health_unknown};
pub use joining::Issuer;
pub use server::{Server, ServerConfig, StartError};
pub use shared::Shared;
