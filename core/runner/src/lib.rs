//! The node's brains: what an allocation and its tasks do next, decided without doing it.
//!
//! ```text
//!   servers' push, driver results, timers, users
//!        |
//!        v
//!   AllocRunner::step(event, now) --> [AllocEffect]   executed by muster-client `effects.rs`
//!        |   one per allocation: hooks, leader, siblings, status
//!        v
//!   TaskRunner::step(event, now)  --> [TaskEffect]
//!            one per task: prepare, start, restart, kill
//! ```
//!
//! Pure: no clock, chance, files or processes. Both runners can be saved at any point and resumed by a later agent.

pub mod accept;
pub mod alloc;
pub mod cleanup;
pub mod env;
pub mod gc;
pub mod task;
mod text;

pub use accept::Acceptance;
pub use alloc::{
    AllocEffect, AllocEventIn, AllocMemory, AllocPlan, AllocReport, AllocRunner, HealthMemory, HealthPlan,
    RestartScope, RestoreError,
};
pub use cleanup::{CleanupDue, CleanupState, due};
pub use env::{BaseEnv, TaskDirs, TaskEnv, TaskEnvInput};
pub use gc::{GcCandidate, GcPolicy, GcPressure, collect};
pub use task::{
    Exit, FailureKind, KillRequest, Role, Stage, TaskEffect, TaskEventIn, TaskMemory, TaskPlan, TaskRunner,
};
