//! The processes below one process.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::time::Duration;

use super::{ProcessStat, processes, stat, ticks_per_second};

/// What a process and everything below it uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TreeUsage {
    /// Of the living and of the ended ones they waited for.
    pub cpu_time: Duration,
    pub rss_bytes: u64,
    pub processes: u32,
}

/// Every process below `root`, without `root` itself; parents come before their children. Zombies are included.
/// Processes that start or end meanwhile may be missed: ask again until the answer is empty.
///
/// # Errors
/// When `/proc` is not mounted or this is not Linux.
pub fn descendants(root: u32) -> io::Result<Vec<ProcessStat>> {
    // A kernel without CONFIG_PROC_CHILDREN has no such file for any process, ourselves included.
    let me = std::process::id();
    if fs::metadata(format!("/proc/{me}/task/{me}/children")).is_ok() {
        Ok(by_children_files(root))
    } else {
        Ok(by_parents(root, &processes()?))
    }
}

/// Sums `root` (when it still lives) and everything below it.
///
/// # Errors
/// When `/proc` is not mounted or this is not Linux.
pub fn usage(root: u32) -> io::Result<TreeUsage> {
    let mut all = descendants(root)?;
    all.extend(stat(root).ok());
    Ok(sum(&all, 0))
}

/// Adds up processes, and the ticks of others that were reaped already.
pub(crate) fn sum(all: &[ProcessStat], reaped_ticks: u64) -> TreeUsage {
    let ticks = all
        .iter()
        .map(|stat| stat.own_ticks.saturating_add(stat.reaped_ticks))
        .fold(reaped_ticks, u64::saturating_add);
    let living = all.iter().filter(|stat| !stat.is_zombie());
    let pages = living.clone().map(|stat| stat.rss_pages).fold(0, u64::saturating_add);
    TreeUsage {
        cpu_time: Duration::from_millis(ticks.saturating_mul(1000) / ticks_per_second()),
        rss_bytes: pages.saturating_mul(page_size()),
        processes: u32::try_from(living.count()).unwrap_or(u32::MAX),
    }
}

pub(super) fn page_size() -> u64 {
    #[cfg(target_os = "linux")]
    let size = rustix::param::page_size() as u64;
    #[cfg(not(target_os = "linux"))]
    let size = 4096;
    size
}

fn by_children_files(root: u32) -> Vec<ProcessStat> {
    let mut seen = BTreeSet::from([root]);
    let mut queue = vec![root];
    let mut found = Vec::new();
    while let Some(parent) = queue.pop() {
        for child in children(parent) {
            if seen.insert(child)
                && let Ok(stat) = stat(child)
            {
                found.push(stat);
                queue.push(child);
            }
        }
    }
    found
}

/// Each thread lists the children it made itself.
fn children(parent: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{parent}/task")) else { return Vec::new() };
    let lists =
        threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

fn by_parents(root: u32, all: &[ProcessStat]) -> Vec<ProcessStat> {
    let mut found: Vec<ProcessStat> = Vec::new();
    let mut queue = vec![root];
    while let Some(parent) = queue.pop() {
        for stat in all.iter().filter(|stat| stat.parent == parent && stat.pid != root) {
            queue.push(stat.pid);
            found.push(stat.clone());
        }
    }
    found
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn both_ways_find_a_child() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let me = std::process::id();
        let by_file: Vec<u32> = by_children_files(me).iter().map(|stat| stat.pid).collect();
        let by_scan: Vec<u32> = by_parents(me, &processes().unwrap()).iter().map(|stat| stat.pid).collect();
        assert!(by_file.contains(&child.id()) && by_scan.contains(&child.id()));
        assert!(usage(child.id()).unwrap().processes >= 1);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
