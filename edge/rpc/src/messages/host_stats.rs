//! What the node itself uses now.

use std::time::Duration;

use muster_ids::UnixNanos;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostStats {}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostStatsReply {
    pub time: UnixNanos,
    pub uptime: Duration,
    pub cpus: Vec<CpuStats>,
    pub memory: MemoryStats,
    pub disks: Vec<DiskStats>,
    /// The file system that holds the allocation directories.
    pub alloc_dir: DiskStats,
    /// MHz in use over all cores.
    pub cpu_ticks_consumed: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CpuStats {
    /// Name such as `cpu0`.
    pub cpu: String,
    pub user_percent: f64,
    pub system_percent: f64,
    pub idle_percent: f64,
    pub total_percent: f64,
    pub total_ticks: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MemoryStats {
    pub total_bytes: u64,
    pub available_bytes: u64,
    pub used_bytes: u64,
    pub free_bytes: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DiskStats {
    pub device: String,
    pub mountpoint: String,
    pub size_bytes: u64,
    pub used_bytes: u64,
    pub available_bytes: u64,
    pub used_percent: f64,
    pub inodes_used_percent: f64,
}
