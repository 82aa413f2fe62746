//! A node itself: what it uses, and collecting what has ended on it.

use std::time::Duration;

use muster_api::views::{HostCpu, HostDisk, HostMemory, HostStatsView};
use muster_rpc::messages::{CpuStats, DiskStats, HostStats, HostStatsReply, NodeGc};

use super::GC_TIMEOUT;
use crate::agent::AgentInfo;
use crate::http::asked_node::{failed, session};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;

/// How long the node may take to measure.
const DEADLINE: Duration = Duration::from_secs(10);

pub(crate) async fn stats(write: &Write<'_>, agent: &AgentInfo) -> Result<ApiResponse, ApiError> {
    let node = session(write, agent, "")?;
    let reply = node.call(HostStats {}, DEADLINE).await.map_err(failed)?;
    body::json(&view(&reply), write.options.pretty)
}

pub(crate) async fn collect(write: &Write<'_>, agent: &AgentInfo) -> Result<ApiResponse, ApiError> {
    session(write, agent, "")?.call(NodeGc {}, GC_TIMEOUT).await.map_err(failed)?;
    Ok(body::empty())
}

fn view(stats: &HostStatsReply) -> HostStatsView {
    HostStatsView {
        memory: HostMemory {
            total: stats.memory.total_bytes,
            available: stats.memory.available_bytes,
            used: stats.memory.used_bytes,
            free: stats.memory.free_bytes,
        },
        cpu: stats.cpus.iter().map(cpu).collect(),
        disk_stats: stats.disks.iter().map(disk).collect(),
        alloc_dir_stats: disk(&stats.alloc_dir),
        device_stats: Vec::new(),
        uptime: stats.uptime.as_secs(),
        timestamp: stats.time.0,
        cpu_ticks_consumed: finite(stats.cpu_ticks_consumed),
    }
}

fn cpu(cpu: &CpuStats) -> HostCpu {
    HostCpu {
        cpu: cpu.cpu.clone(),
        user: finite(cpu.user_percent),
        system: finite(cpu.system_percent),
        idle: finite(cpu.idle_percent),
        total_percent: finite(cpu.total_percent),
        total_ticks: finite(cpu.total_ticks),
    }
}

fn disk(disk: &DiskStats) -> HostDisk {
    HostDisk {
        device: disk.device.clone(),
        mountpoint: disk.mountpoint.clone(),
        size: disk.size_bytes,
        used: disk.used_bytes,
        available: disk.available_bytes,
        used_percent: finite(disk.used_percent),
        inodes_used_percent: finite(disk.inodes_used_percent),
    }
}

/// JSON has no other numbers, and a node may say anything.
pub(super) fn finite(number: f64) -> f64 {
    if number.is_finite() { number } else { 0.0 }
}
