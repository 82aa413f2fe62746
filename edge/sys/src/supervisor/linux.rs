//! Supervision on Linux: signalfd, poll, a subreaper per task.

mod clients;
mod connection;
mod control;
mod descriptors;
mod exec;
mod keeper;
mod launcher;
mod logs;
mod orphan;
mod passing;
mod reap;
mod run;
mod signal_mask;
mod spawn;
mod start;
mod template;

pub use connection::Connection;
pub use exec::{Exec, ExecIo};
pub use launcher::Supervisors;
pub use orphan::{PendingExit, orphan_detail, orphan_exit, orphan_signal, orphan_stop, orphan_usage};
pub use template::run_if_supervisor;

pub(super) use control::{read_exit, read_identity};
