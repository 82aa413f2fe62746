//! One small process per task that outlives the agent.
//!
//! ```text
//!   agent ──socketpair──▶ template ──fork──▶ supervisor ──fork, exec──▶ task (own session)
//!     │                  (this binary,         │  ▲ drains stdout, stderr into rotated files
//!     └────────── control dir / sock ──────────┘  └ reaps every orphan of the task
//! ```
//!
//! The agent starts this binary once as a *template*, before any work: a process that does nothing but fork. Forking
//! it costs a supervisor neither an exec nor the relocation of a large position-independent binary (which would make
//! over a megabyte of private memory), nor the copy of the agent's address space. The template ends with its agent;
//! supervisors do not.
//!
//! A command that somebody runs beside the task (`exec.rs`) is forked by the task's supervisor, which kept what the task
//! was started with: it is the task's environment, account and cgroups, and it ends with the task.
//!
//! A supervisor is one thread and one `poll` loop. It holds the exit status (durable in the control directory before
//! anybody hears of it), writes the logs, and answers a bounded, versioned protocol on a socket that only its own
//! user may use. It must never depend on the agent, never hold a descriptor of the agent's, and never let a log or a
//! client slow the task. The control directory is the only link: with it a new agent finds everything again.

mod client;
mod exec;
mod exit;
mod identity;
mod protocol;
mod spec;
mod wire;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as platform;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(not(target_os = "linux"))]
use elsewhere as platform;

pub use client::{Attachment, attach, read_exit, read_identity};
pub use exec::{ExecError, ExecExit, ExecSpec, MAX_EXEC};
pub use exit::TaskExit;
pub use identity::ProcessIdentity;
pub use platform::{
    Connection, Exec, ExecIo, PendingExit, Supervisors, orphan_detail, orphan_exit, orphan_signal,
    orphan_stop, orphan_usage, run_if_supervisor,
};
pub use protocol::{MAX_REPLY, PROTOCOL_VERSION, ProtocolError, Reply, Request, Status};
pub use spec::{RunAs, StartError, StartSpec, StartStage};

/// Hidden first argument that makes this binary a template instead of whatever else it is.
pub const TEMPLATE_ARGUMENT: &str = "__supervise";
