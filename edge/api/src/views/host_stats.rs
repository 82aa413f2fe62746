//! What a node itself uses now.

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostStatsView {
    pub memory: HostMemory,
    #[serde(rename = "CPU")]
    pub cpu: Vec<HostCpu>,
    pub disk_stats: Vec<HostDisk>,
    pub alloc_dir_stats: HostDisk,
    pub device_stats: Vec<Value>,
    /// Seconds.
    pub uptime: u64,
    /// Unix nanoseconds.
    pub timestamp: i64,
    /// MHz in use over all cores.
    #[serde(rename = "CPUTicksConsumed")]
    pub cpu_ticks_consumed: f64,
}

/// Bytes.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostMemory {
    pub total: u64,
    pub available: u64,
    pub used: u64,
    pub free: u64,
}

/// One core; shares in percent.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostCpu {
    #[serde(rename = "CPU")]
    pub cpu: String,
    pub user: f64,
    pub system: f64,
    pub idle: f64,
    pub total_percent: f64,
    /// MHz.
    pub total_ticks: f64,
}

/// Sizes in bytes.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostDisk {
    pub device: String,
    pub mountpoint: String,
    pub size: u64,
    pub used: u64,
    pub available: u64,
    pub used_percent: f64,
    pub inodes_used_percent: f64,
}
