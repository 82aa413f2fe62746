//! How long a run took, noted in what came of it. The core reads no clock: whoever ran the scheduler measures.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use muster_ids::GroupName;
use muster_model::AllocMetric;

use crate::Schedule;

impl Schedule {
    /// Notes `elapsed` in the accounts this run made, in equal shares for each of its attempts to place something.
    /// Accounts of allocations that only go on are shared with the state and keep what they say.
    pub fn took(&mut self, elapsed: Duration) {
        let share = elapsed / self.attempts().max(1);
        for eval in &mut self.evals {
            note(&mut eval.failed_groups, share);
        }
        let Some(plan) = &mut self.plan else { return };
        for eval in &mut plan.evals_if_whole {
            note(&mut eval.failed_groups, share);
        }
        for metric in plan.metrics.iter_mut().filter_map(Arc::get_mut) {
            metric.allocation_time = share;
        }
    }

    fn attempts(&self) -> u32 {
        let placed = self.plan.as_ref().map_or(0, |plan| plan.placements.len());
        let failed = self.evals.first().into_iter().flat_map(|eval| eval.failed_groups.values());
        let failed = failed.map(|metric| metric.coalesced_failures.saturating_add(1));
        failed.fold(u32::try_from(placed).unwrap_or(u32::MAX), u32::saturating_add)
    }
}

fn note(failed: &mut BTreeMap<GroupName, AllocMetric>, share: Duration) {
    for metric in failed.values_mut() {
        metric.allocation_time = share;
    }
}
