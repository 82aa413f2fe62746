//! What the kernel tells about this machine and its processes.
//!
//! Reads only; nothing here is cached, so that answers are as fresh as their caller wants them.

mod detail;
mod host;
mod mounts;
mod process;
mod tree;

pub use detail::{ProcessUsage, TreeDetail, below};
pub use host::{CpuTimes, Host, Memory, boot_id, cpu_times, cpu_times_by_core, host, memory, uptime};
pub use mounts::{Mount, disk_mounts};
pub use process::{ProcessStat, processes, stat, ticks_per_second};
pub use tree::{TreeUsage, descendants, usage};

#[cfg(target_os = "linux")]
pub(crate) use detail::detail;
pub(crate) use tree::sum;
