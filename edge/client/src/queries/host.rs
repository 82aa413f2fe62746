//! What the machine uses: processors since the last question, memory, the file system of the allocations.

use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use muster_rpc::messages::{CpuStats, DiskStats, HostStatsReply, MemoryStats};
use muster_sys::disk;
use muster_sys::procfs::{self, CpuTimes};

use crate::{clock, fingerprint};

/// Remembers the processor times of the last question, because only their growth says anything.
#[derive(Debug, Default)]
pub struct HostSampler(Mutex<CpuTimes>);

impl HostSampler {
    pub fn sample(&self, alloc_dir: &Path) -> io::Result<HostStatsReply> {
        let times = procfs::cpu_times()?;
        let before = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), times);
        let host = procfs::host()?;
        let mhz = (fingerprint::frequency_mhz(&host) * u64::from(host.cpu_count)) as f64;
        let cpu = cpu(before, times, mhz);
        let memory = procfs::memory()?;
        Ok(HostStatsReply {
            time: clock::now(),
            uptime: uptime(),
            cpu_ticks_consumed: cpu.total_ticks,
            cpus: vec![cpu],
            memory: MemoryStats {
                total_bytes: memory.total_bytes,
                available_bytes: memory.available_bytes,
                used_bytes: memory.total_bytes.saturating_sub(memory.available_bytes),
                free_bytes: memory.free_bytes,
            },
            disks: Vec::new(),
            alloc_dir: disk_stats(alloc_dir)?,
        })
    }
}

/// All processors together, as one called `cpu`.
fn cpu(before: CpuTimes, now: CpuTimes, mhz: f64) -> CpuStats {
    let total = now.total.saturating_sub(before.total).as_secs_f64();
    let percent = |now: Duration, before: Duration| {
        if total > 0.0 { now.saturating_sub(before).as_secs_f64() / total * 100.0 } else { 0.0 }
    };
    let idle = percent(now.idle, before.idle);
    let busy = if total > 0.0 { 100.0 - idle } else { 0.0 };
    CpuStats {
        cpu: "cpu".to_owned(),
        user_percent: percent(now.user, before.user),
        system_percent: percent(now.system, before.system),
        idle_percent: idle,
        total_percent: busy,
        total_ticks: mhz * busy / 100.0,
    }
}

fn disk_stats(path: &Path) -> io::Result<DiskStats> {
    let space = disk::space(path)?;
    let percent = |used: u64, total: u64| if total > 0 { used as f64 / total as f64 * 100.0 } else { 0.0 };
    let used_inodes = space.total_inodes.saturating_sub(space.available_inodes);
    Ok(DiskStats {
        device: String::new(),
        mountpoint: path.display().to_string(),
        size_bytes: space.total_bytes,
        used_bytes: space.used_bytes,
        available_bytes: space.available_bytes,
        used_percent: percent(space.used_bytes, space.used_bytes + space.available_bytes),
        inodes_used_percent: percent(used_inodes, space.total_inodes),
    })
}

fn uptime() -> Duration {
    let text = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
    let seconds = text.split_whitespace().next().and_then(|text| text.parse::<f64>().ok());
    Duration::try_from_secs_f64(seconds.unwrap_or_default()).unwrap_or_default()
}
