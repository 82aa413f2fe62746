//! Which ended allocations lose their files.
//!
//! The oldest go first. Without pressure everything stays, so that logs of what failed can still be read.

use std::time::Duration;

use muster_ids::{AllocId, UnixNanos};

/// An allocation whose tasks are all dead and whose end the servers know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GcCandidate {
    pub id: AllocId,
    pub ended_at: UnixNanos,
}

/// How full the file system below the allocations is; `None` where it cannot be told.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GcPressure {
    pub disk_used_percent: Option<f64>,
    pub inodes_used_percent: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GcPolicy {
    /// Allocations kept on the node, running ones included.
    pub max_allocs: usize,
    /// Nothing ended is kept longer than this; `None` keeps it until there is pressure.
    pub max_age: Option<Duration>,
    pub disk_usage_threshold: f64,
    pub inode_usage_threshold: f64,
    /// How many are collected at once under disk pressure, before pressure is measured again.
    pub parallel_destroys: usize,
}

impl GcPolicy {
    fn disk_is_full(&self, pressure: GcPressure) -> bool {
        pressure.disk_used_percent.is_some_and(|used| used > self.disk_usage_threshold)
            || pressure.inodes_used_percent.is_some_and(|used| used > self.inode_usage_threshold)
    }
}

/// The allocations to collect now, oldest first. `live` counts those that have not ended.
#[must_use]
pub fn collect(
    live: usize,
    ended: &[GcCandidate],
    pressure: GcPressure,
    policy: &GcPolicy,
    now: UnixNanos,
) -> Vec<AllocId> {
    let mut oldest_first = ended.to_vec();
    oldest_first.sort_unstable_by_key(|candidate| (candidate.ended_at, candidate.id));
    let too_many = live.saturating_add(ended.len()).saturating_sub(policy.max_allocs);
    let too_old = match policy.max_age {
        Some(age) => oldest_first.iter().take_while(|candidate| now.since(candidate.ended_at) > age).count(),
        None => 0,
    };
    let squeezed = if policy.disk_is_full(pressure) { policy.parallel_destroys.max(1) } else { 0 };
    oldest_first.iter().take(too_many.max(too_old).max(squeezed)).map(|candidate| candidate.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixNanos = UnixNanos(1_000_000_000_000);

    fn policy() -> GcPolicy {
        GcPolicy {
            max_allocs: 5,
            max_age: None,
            disk_usage_threshold: 80.0,
            inode_usage_threshold: 70.0,
            parallel_destroys: 2,
        }
    }

    /// Candidate `n` ended `n` seconds ago.
    fn ended(ages: &[u64]) -> Vec<GcCandidate> {
        let candidate = |&age: &u64| GcCandidate {
            id: id(age),
            ended_at: UnixNanos(NOW.0 - i64::try_from(age).unwrap_or(0) * 1_000_000_000),
        };
        ages.iter().map(candidate).collect()
    }

    fn id(n: u64) -> AllocId {
        AllocId::from_bytes(u128::from(n).to_be_bytes())
    }

    #[test]
    fn nothing_is_collected_without_a_reason() {
        let calm = GcPressure { disk_used_percent: Some(80.0), inodes_used_percent: Some(70.0) };
        assert!(collect(2, &ended(&[1, 2, 3]), calm, &policy(), NOW).is_empty());
    }

    #[test]
    fn the_oldest_make_room_for_the_count() {
        let collected = collect(4, &ended(&[10, 30, 20]), GcPressure::default(), &policy(), NOW);
        assert_eq!(collected, [id(30), id(20)]);
        let all = collect(50, &ended(&[10, 30]), GcPressure::default(), &policy(), NOW);
        assert_eq!(all, [id(30), id(10)], "running ones are never candidates");
    }

    #[test]
    fn age_and_disk_pressure_collect_too() {
        let aged = GcPolicy { max_age: Some(Duration::from_secs(15)), ..policy() };
        assert_eq!(collect(0, &ended(&[10, 30, 15]), GcPressure::default(), &aged, NOW), [id(30)]);
        for pressure in [
            GcPressure { disk_used_percent: Some(80.1), inodes_used_percent: None },
            GcPressure { disk_used_percent: None, inodes_used_percent: Some(99.0) },
        ] {
            assert_eq!(collect(0, &ended(&[1, 2, 3]), pressure, &policy(), NOW), [id(3), id(2)]);
        }
    }
}
