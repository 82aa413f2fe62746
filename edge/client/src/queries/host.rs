//! What the machine uses: processors, memory, disks, the file system of the allocations.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use muster_rpc::messages::{CpuStats, DiskStats, HostStatsReply, MemoryStats};
use muster_sys::disk;
use muster_sys::procfs::{self, CpuTimes};
use tokio::sync::Mutex;

use crate::alloc_dir::blocking;
use crate::clock;
use crate::usage::{CACHED, WINDOW};

/// Remembers the processor times of the last question, because only their growth says anything. Locked while measured,
/// so that whoever asks meanwhile gets the same answer.
#[derive(Debug, Default)]
pub struct HostSampler(Mutex<Option<(Instant, Cores, HostStatsReply)>>);

/// Time spent by each processor.
type Cores = Vec<(String, CpuTimes)>;

impl HostSampler {
    pub async fn sample(&self, alloc_dir: Arc<Path>, core_mhz: f64) -> io::Result<HostStatsReply> {
        let mut sample = self.0.lock().await;
        let before = match sample.take() {
            Some((at, cores, reply)) if at.elapsed() < CACHED => {
                return Ok(sample.insert((at, cores, reply)).2.clone());
            }
            Some((_, cores, _)) => cores,
            None => {
                let first = blocking(procfs::cpu_times_by_core).await?;
                tokio::time::sleep(WINDOW).await;
                first
            }
        };
        let (cores, reply) = blocking(move || {
            let now = procfs::cpu_times_by_core()?;
            let reply = measure(&before, &now, &alloc_dir, core_mhz)?;
            Ok((now, reply))
        })
        .await?;
        *sample = Some((Instant::now(), cores, reply.clone()));
        Ok(reply)
    }
}

fn measure(before: &Cores, now: &Cores, alloc_dir: &Path, core_mhz: f64) -> io::Result<HostStatsReply> {
    let earlier = |name: &str| before.iter().find(|(core, _)| core == name).map(|(_, times)| *times);
    // A processor that was switched on since then began with nothing.
    let cpu = |(name, now): &(String, CpuTimes)| cpu(name, earlier(name).unwrap_or_default(), *now, core_mhz);
    let cpus: Vec<CpuStats> = now.iter().map(cpu).collect();
    let memory = procfs::memory()?;
    Ok(HostStatsReply {
        time: clock::now(),
        uptime: procfs::uptime()?,
        cpu_ticks_consumed: cpus.iter().map(|cpu| cpu.total_ticks).sum(),
        cpus,
        memory: MemoryStats {
            total_bytes: memory.total_bytes,
            available_bytes: memory.available_bytes,
            used_bytes: memory.total_bytes.saturating_sub(memory.available_bytes),
            free_bytes: memory.free_bytes,
        },
        disks: disks(),
        alloc_dir: disk_stats("", alloc_dir)?,
    })
}

fn cpu(name: &str, before: CpuTimes, now: CpuTimes, core_mhz: f64) -> CpuStats {
    let total = now.total.saturating_sub(before.total).as_secs_f64();
    let percent = |now: Duration, before: Duration| {
        if total > 0.0 { now.saturating_sub(before).as_secs_f64() / total * 100.0 } else { 0.0 }
    };
    let idle = percent(now.idle, before.idle);
    let busy = if total > 0.0 { 100.0 - idle } else { 0.0 };
    CpuStats {
        cpu: name.to_owned(),
        user_percent: percent(now.user, before.user),
        system_percent: percent(now.system, before.system),
        idle_percent: idle,
        total_percent: busy,
        total_ticks: core_mhz * busy / 100.0,
    }
}

/// What cannot be seen from here, such as a disk of another namespace, is left out.
fn disks() -> Vec<DiskStats> {
    let mounts = procfs::disk_mounts().unwrap_or_default();
    mounts.iter().filter_map(|mount| disk_stats(&mount.device, &mount.path).ok()).collect()
}

fn disk_stats(device: &str, path: &Path) -> io::Result<DiskStats> {
    let space = disk::space(path)?;
    let percent = |used: u64, total: u64| if total > 0 { used as f64 / total as f64 * 100.0 } else { 0.0 };
    let used_inodes = space.total_inodes.saturating_sub(space.available_inodes);
    Ok(DiskStats {
        device: device.to_owned(),
        mountpoint: path.display().to_string(),
        size_bytes: space.total_bytes,
        used_bytes: space.used_bytes,
        available_bytes: space.available_bytes,
        used_percent: percent(space.used_bytes, space.used_bytes + space.available_bytes),
        inodes_used_percent: percent(used_inodes, space.total_inodes),
    })
}
