//! The client agent: runs on every machine that does work.
//!
//! How a push becomes a process:
//!
//! ```text
//!   server
//!     |  AllocPush over the transport                          session/pushes.rs
//!     v
//!   Fleet::apply: checked, saved, given to its allocation      fleet.rs, fleet/push.rs, state.rs
//!     v
//!   AllocLoop: AllocRunner::step -> save -> execute            alloc_loop.rs   (decided in muster-runner)
//!     v
//!   TaskWork: directories, artifacts, environment              effects/prepare.rs, alloc_dir.rs, muster-artifact
//!     v
//!   TaskDriver::start                                          effects/process.rs  (muster-driver, muster-sys)
//! ```
//!
//! and how its end becomes news: `TaskDriver::wait` → `alloc_loop.rs` → `outbox.rs` → `session/updates.rs` → server.
//!
//! Invariants:
//! - what was decided is on disk before it is done, so that kill -9 at any point loses no task;
//! - no path under a task's directory is opened other than relative to a directory handle;
//! - nothing that runs here depends on a connection to a server.

pub mod alloc_dir;
mod alloc_loop;
mod client;
mod clock;
mod collector;
mod config;
mod context;
mod effects;
mod ends;
mod entropy;
mod error;
pub mod fingerprint;
mod fleet;
pub mod fs;
mod leave;
pub mod logs;
mod lonely;
pub mod metadata;
mod migrate;
mod outbox;
mod queries;
mod session;
mod state;
#[cfg(test)]
mod testing;
mod usage;

pub use client::{Client, ForwardError};
pub use config::{ClientConfig, NamedNetwork};
pub use error::{ClientError, QueryError};
pub use fleet::Known;
pub use queries::Queries;
pub use state::SavedAlloc;
