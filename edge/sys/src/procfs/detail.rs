//! What each process of a task uses, by kind of time and memory.

use std::fs;
use std::io;
use std::time::Duration;

use super::tree::page_size;
use super::{ProcessStat, descendants, stat, ticks_per_second};

/// Processes told one by one; of more, the largest.
const MAX_PROCESSES: usize = 256;

/// Everything a task uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreeDetail {
    /// Of the living, and of the ended ones that were waited for.
    pub user_time: Duration,
    pub system_time: Duration,
    pub rss_bytes: u64,
    pub swap_bytes: u64,
    /// Living processes, also those not listed.
    pub processes: u32,
    pub list: Vec<ProcessUsage>,
}

/// One living process. Its times include those of children that it waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessUsage {
    pub pid: u32,
    pub user_time: Duration,
    pub system_time: Duration,
    pub rss_bytes: u64,
    pub swap_bytes: u64,
}

/// Everything below `root`, with what `root` has waited for, without `root` itself: a supervisor's task.
///
/// # Errors
/// When `/proc` is not mounted, this is not Linux, or `root` has ended.
pub fn below(root: u32) -> io::Result<TreeDetail> {
    let root_stat = stat(root)?;
    Ok(detail(&descendants(root)?, root_stat.reaped_ticks, root_stat.reaped_system_ticks))
}

/// Adds up processes, and the ticks of others that were reaped already.
pub(crate) fn detail(all: &[ProcessStat], reaped_ticks: u64, reaped_system_ticks: u64) -> TreeDetail {
    let (mut ticks, mut system_ticks) = (reaped_ticks, reaped_system_ticks);
    let mut detail = TreeDetail::default();
    for stat in all {
        let (own, own_system) = times(stat);
        ticks = ticks.saturating_add(own);
        system_ticks = system_ticks.saturating_add(own_system);
        if stat.is_zombie() {
            continue;
        }
        let process = ProcessUsage {
            pid: stat.pid,
            user_time: duration(own.saturating_sub(own_system)),
            system_time: duration(own_system),
            rss_bytes: stat.rss_pages.saturating_mul(page_size()),
            swap_bytes: swap_bytes(stat.pid),
        };
        detail.rss_bytes = detail.rss_bytes.saturating_add(process.rss_bytes);
        detail.swap_bytes = detail.swap_bytes.saturating_add(process.swap_bytes);
        detail.list.push(process);
    }
    detail.user_time = duration(ticks.saturating_sub(system_ticks));
    detail.system_time = duration(system_ticks);
    detail.processes = u32::try_from(detail.list.len()).unwrap_or(u32::MAX);
    if detail.list.len() > MAX_PROCESSES {
        detail.list.sort_unstable_by_key(|process| std::cmp::Reverse((process.rss_bytes, process.pid)));
        detail.list.truncate(MAX_PROCESSES);
    }
    detail
}

/// All ticks, and those in the kernel.
const fn times(stat: &ProcessStat) -> (u64, u64) {
    (
        stat.own_ticks.saturating_add(stat.reaped_ticks),
        stat.own_system_ticks.saturating_add(stat.reaped_system_ticks),
    )
}

fn duration(ticks: u64) -> Duration {
    Duration::from_millis(ticks.saturating_mul(1000) / ticks_per_second())
}

/// 0 for a process that has just ended.
fn swap_bytes(pid: u32) -> u64 {
    let status = fs::read(format!("/proc/{pid}/status")).unwrap_or_default();
    // The name in the first line is the task's own choice, but a line feed in it is escaped by the kernel.
    let text = String::from_utf8_lossy(&status);
    let line = text.lines().find_map(|line| line.strip_prefix("VmSwap:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0).saturating_mul(1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_child_is_measured_and_time_survives_its_end() {
        let busy = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; cat";
        let mut child = Command::new("sh")
            .args(["-c", busy])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let me = std::process::id();
        let pid = child.id();
        let mine = |detail: &TreeDetail| detail.list.iter().find(|process| process.pid == pid).copied();
        let measured = loop {
            let detail = below(me).unwrap();
            let process = mine(&detail).unwrap();
            if process.user_time > Duration::ZERO {
                assert!(process.rss_bytes > 0 && detail.rss_bytes >= process.rss_bytes);
                break process.user_time;
            }
            std::thread::yield_now();
        };
        drop(child.stdin.take());
        child.wait().unwrap();
        let after = below(me).unwrap();
        assert!(mine(&after).is_none());
        assert!(after.user_time >= measured, "{:?} < {measured:?}", after.user_time);
    }
}
