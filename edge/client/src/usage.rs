//! What tasks use now, from two measurements of their driver.
//!
//! Nothing is measured until somebody asks, and a measurement is good for a second: hundreds of tasks watched by many
//! cost one look each a second, those that nobody watches cost nothing.
//!
//! ```text
//!   asked --> younger than CACHED: the same answer again
//!        '--> a measurement within BASELINE to compare with: measure, compare
//!        '--> none: measure, wait WINDOW, measure, compare
//! ```

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use muster_driver::{TaskDriver, TaskHandle, TaskUsage};
use muster_rpc::messages::{ProcessStats, TaskCpu, TaskMemory, TaskStats};
use muster_sys::procfs::ProcessUsage;

use crate::{ClientConfig, clock, fingerprint};

/// An answer is repeated this long.
pub const CACHED: Duration = Duration::from_secs(1);
/// Age of an earlier measurement that growth is counted from: older ones say little about now.
const BASELINE: Duration = Duration::from_secs(15);
/// Time between two measurements when there is none to compare with: some clock ticks.
pub const WINDOW: Duration = Duration::from_millis(250);

/// The newest measurement of each task of one allocation.
#[derive(Clone, Debug, Default)]
pub struct Samples(Arc<Mutex<BTreeMap<usize, Slot>>>);

/// Locked while measured, so that whoever asks meanwhile gets the same answer.
type Slot = Arc<tokio::sync::Mutex<Option<Sample>>>;

#[derive(Debug)]
struct Sample {
    at: Instant,
    usage: TaskUsage,
    stats: TaskStats,
}

impl Samples {
    /// A new process is not compared with the one before.
    pub fn forget(&self, task: usize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&task);
    }

    fn slot(&self, task: usize) -> Slot {
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(task).or_default())
    }

    /// What the task uses; `None` when it has just ended, and so uses nothing.
    pub async fn measure(
        &self,
        task: usize,
        driver: Arc<dyn TaskDriver>,
        handle: TaskHandle,
        core_mhz: f64,
    ) -> Option<TaskStats> {
        let slot = self.slot(task);
        let mut sample = slot.lock().await;
        if let Some(sample) = sample.as_ref().filter(|sample| sample.at.elapsed() < CACHED) {
            return Some(sample.stats.clone());
        }
        let earlier = match sample.take().filter(|sample| sample.at.elapsed() < BASELINE) {
            Some(earlier) => (earlier.at, earlier.usage),
            None => {
                let first = (Instant::now(), driver.usage(handle.clone()).await.ok()?);
                tokio::time::sleep(WINDOW).await;
                first
            }
        };
        let (at, usage) = (Instant::now(), driver.usage(handle).await.ok()?);
        let stats = compare(&earlier.1, &usage, at.duration_since(earlier.0), core_mhz);
        *sample = Some(Sample { at, usage, stats: stats.clone() });
        Some(stats)
    }
}

/// Clock of one core as the scheduler counts it.
#[must_use]
pub fn core_mhz(config: &ClientConfig) -> f64 {
    static FOUND: std::sync::OnceLock<(f64, f64)> = std::sync::OnceLock::new();
    let (mhz, cores) = *FOUND.get_or_init(|| {
        let host = muster_sys::procfs::host().unwrap_or_default();
        (fingerprint::frequency_mhz(&host) as f64, f64::from(host.cpu_count.max(1)))
    });
    match config.cpu_total_compute_mhz {
        0 => mhz,
        total => total as f64 / cores,
    }
}

fn compare(before: &TaskUsage, now: &TaskUsage, wall: Duration, core_mhz: f64) -> TaskStats {
    let share = Share { wall, core_mhz };
    let cpu = match (before.user_time.zip(now.user_time), before.system_time.zip(now.system_time)) {
        (Some(user), Some(system)) => share.of_parts(user, system),
        _ => share.of((before.cpu_time, now.cpu_time)),
    };
    let earlier: BTreeMap<u32, &ProcessUsage> = before.list.iter().map(|p| (p.pid, p)).collect();
    let pids = now.list.iter().map(|process| {
        // A process that has started since then began with nothing.
        let (user, system) =
            earlier.get(&process.pid).map_or_else(Default::default, |p| (p.user_time, p.system_time));
        let cpu = share.of_parts((user, process.user_time), (system, process.system_time));
        let memory = memory(process.rss_bytes, Some(process.swap_bytes));
        (process.pid, ProcessStats { cpu, memory })
    });
    TaskStats {
        time: clock::now(),
        cpu,
        memory: memory(now.memory_rss_bytes, now.memory_swap_bytes),
        processes: now.processes,
        pids: pids.collect(),
    }
}

fn memory(rss: u64, swap: Option<u64>) -> TaskMemory {
    TaskMemory { rss_bytes: Some(rss), swap_bytes: swap, ..TaskMemory::default() }
}

/// Turns growth of processor time into shares.
struct Share {
    wall: Duration,
    core_mhz: f64,
}

impl Share {
    /// Of one core, in percent. A count that went back belongs to another process.
    fn percent(&self, (before, now): (Duration, Duration)) -> f64 {
        let spent = now.checked_sub(before).unwrap_or_default();
        if self.wall.is_zero() { 0.0 } else { spent.as_secs_f64() / self.wall.as_secs_f64() * 100.0 }
    }

    fn of(&self, total: (Duration, Duration)) -> TaskCpu {
        let percent = self.percent(total);
        TaskCpu {
            cpu_time: Some(total.1),
            percent: Some(percent),
            total_ticks: Some(percent / 100.0 * self.core_mhz),
            ..TaskCpu::default()
        }
    }

    fn of_parts(&self, user: (Duration, Duration), system: (Duration, Duration)) -> TaskCpu {
        TaskCpu {
            user_percent: Some(self.percent(user)),
            system_percent: Some(self.percent(system)),
            ..self.of((user.0 + system.0, user.1 + system.1))
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn usage(user_ms: u64, system_ms: u64, pids: &[(u32, u64)]) -> TaskUsage {
        let (user, system) = (Duration::from_millis(user_ms), Duration::from_millis(system_ms));
        let process = |(pid, ms): &(u32, u64)| ProcessUsage {
            pid: *pid,
            user_time: Duration::from_millis(*ms),
            rss_bytes: 7,
            ..ProcessUsage::default()
        };
        TaskUsage {
            cpu_time: user + system,
            user_time: Some(user),
            system_time: Some(system),
            memory_rss_bytes: 4096,
            memory_swap_bytes: Some(1),
            processes: 2,
            list: pids.iter().map(process).collect(),
        }
    }

    #[test]
    fn shares_are_growth_over_wall_time() {
        let before = usage(1000, 500, &[(1, 900)]);
        let stats =
            compare(&before, &usage(1300, 600, &[(1, 1100), (2, 50)]), Duration::from_secs(1), 2000.0);
        let near = |value: Option<f64>, want: f64| (value.unwrap() - want).abs() < 1e-9;
        assert!(near(stats.cpu.user_percent, 30.0) && near(stats.cpu.system_percent, 10.0));
        assert!(near(stats.cpu.percent, 40.0) && near(stats.cpu.total_ticks, 800.0));
        assert!(near(stats.pids[&1].cpu.percent, 20.0) && near(stats.pids[&2].cpu.percent, 5.0));
        assert_eq!((stats.memory.rss_bytes, stats.memory.swap_bytes), (Some(4096), Some(1)));
    }

    #[test]
    fn a_count_that_went_back_is_nothing_used() {
        let stats = compare(&usage(9000, 0, &[]), &usage(10, 0, &[]), Duration::from_secs(1), 1000.0);
        assert_eq!(stats.cpu.percent, Some(0.0));
    }
}
