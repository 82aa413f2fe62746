//! What the kernel tells about this machine and its processes.
//!
//! Reads only; nothing here is cached, so that answers are as fresh as their caller wants them.

mod host;
mod process;
mod tree;

pub use host::{CpuTimes, Host, Memory, boot_id, cpu_times, host, memory};
pub use process::{ProcessStat, processes, stat, ticks_per_second};
pub use tree::{TreeUsage, descendants, usage};

pub(crate) use tree::sum;
