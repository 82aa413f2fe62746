//! What the tasks of an allocation use now. A value that the driver cannot measure is `None`.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{AllocId, TaskName, UnixNanos};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocStats {
    pub alloc_id: AllocId,
    /// One task; `None` means all that run.
    #[serde(default)]
    pub task: Option<TaskName>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AllocStatsReply {
    pub time: UnixNanos,
    pub tasks: BTreeMap<TaskName, TaskStats>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskStats {
    pub time: UnixNanos,
    pub cpu: TaskCpu,
    pub memory: TaskMemory,
    pub processes: u32,
    /// Each process of the task; the largest when there are more than a node tells.
    pub pids: BTreeMap<u32, ProcessStats>,
}

/// One process of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProcessStats {
    pub cpu: TaskCpu,
    pub memory: TaskMemory,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskCpu {
    /// Time on a processor since the task started.
    pub cpu_time: Option<Duration>,
    /// Share of one core since the sample before, in percent.
    pub percent: Option<f64>,
    pub user_percent: Option<f64>,
    pub system_percent: Option<f64>,
    /// MHz, as the scheduler counts them.
    pub total_ticks: Option<f64>,
    pub throttled_periods: Option<u64>,
    pub throttled_time: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskMemory {
    pub rss_bytes: Option<u64>,
    pub cache_bytes: Option<u64>,
    pub swap_bytes: Option<u64>,
    pub mapped_file_bytes: Option<u64>,
    pub usage_bytes: Option<u64>,
    pub max_usage_bytes: Option<u64>,
    pub kernel_usage_bytes: Option<u64>,
    pub kernel_max_usage_bytes: Option<u64>,
}
