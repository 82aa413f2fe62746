//! Placements in older versions of the job: what replaces allocations while the newest version awaits promotion.

use std::sync::Arc;

use muster_model::{Job, Placement};

use super::{Placed, Placer, Shared};
use crate::feasible::{Demands, Occupancy};
use crate::reconcile::{Ask, Reconciled};

/// Versions other than the current one that something is to be placed in, each once, the newest first.
pub(super) fn versions<'a>(reconciled: &Reconciled<'a>) -> Vec<&'a Arc<Job>> {
    let mut versions: Vec<&'a Arc<Job>> = reconciled.asks.iter().filter_map(|ask| ask.version).collect();
    versions.sort_by_key(|job| std::cmp::Reverse(job.version));
    versions.dedup_by_key(|job| job.version);
    versions
}

impl<'a> Placer<'a, '_> {
    /// Places what replaces allocations of an older version by their like, on what is left of the cluster.
    pub(super) fn place_older(self, older: &'a Job, current: &Job, reconciled: &Reconciled<'a>) -> Self {
        let Placer { snapshot, shared, ctx, draw, left, evicted, evicted_of, out: before, .. } = self;
        let Shared { cluster, config, .. } = shared;
        let shared = Shared { job: older, cluster, occupancy: Occupancy::default(), config };
        let (in_deployment, out) = (Vec::new(), Placed::default());
        let mut placer =
            Placer { snapshot, shared, ctx, draw, left, in_deployment, evicted, evicted_of, out };
        let position = |group: u16| {
            let name = &current.groups.get(usize::from(group))?.name;
            older.group(name.as_str()).map(|(position, _)| position)
        };
        let present: Vec<_> = reconciled
            .present
            .iter()
            .filter_map(|(alloc, group)| Some((*alloc, position(*group)?)))
            .collect();
        let demands =
            older.groups.iter().map(|group| Demands::new(older, group, snapshot, ctx.limits)).collect();
        placer.prepare_groups(demands, &present);
        placer.count_new(&before.placements, current, reconciled);
        for ask in
            reconciled.asks.iter().filter(|ask| ask.version.is_some_and(|job| job.version == older.version))
        {
            if let Some(group) = position(ask.group) {
                placer.place_one(&Ask { group, ..*ask });
            }
        }
        let mut placer = placer.finish();
        placer.out.merge_into(before, older.version);
        placer
    }

    /// What this plan has placed already, in whatever version, is there for this one, too.
    fn count_new(&mut self, placements: &[Placement], current: &Job, reconciled: &Reconciled<'a>) {
        let version = |version: u64| {
            reconciled.asks.iter().filter_map(|ask| ask.version).find(|job| job.version == version)
        };
        for placement in placements.iter().filter(|placement| self.snapshot.alloc(placement.id).is_none()) {
            let job = match placement.job_version {
                None => Some(current),
                Some(older) => version(older).map(|job| &**job),
            };
            let group = job.and_then(|job| job.groups.get(usize::from(placement.group)));
            let own = group.and_then(|group| self.shared.job.group(group.name.as_str()));
            let slot = self.shared.cluster.columns().slot_of(placement.node_id);
            if let Some(((group, _), slot)) = own.zip(slot) {
                self.arrive_at(slot, group);
            }
        }
    }
}

impl<'a> Placed<'a> {
    /// Adds what was placed before, with which this becomes one plan; `version` is what this was placed in.
    fn merge_into(&mut self, before: Self, version: u64) {
        let own = std::mem::replace(self, before);
        let metrics = u32::try_from(self.metrics.len()).unwrap_or(u32::MAX);
        self.metrics.extend(own.metrics);
        self.placements.extend(own.placements.into_iter().map(|placement| Placement {
            job_version: Some(version),
            metric: placement.metric.saturating_add(metrics),
            ..placement
        }));
        self.ended.extend(own.ended);
        for (group, metric) in own.failed {
            self.failed.entry(group).or_insert(metric);
        }
        for (group, queued) in own.queued {
            *self.queued.entry(group).or_default() += queued;
        }
        self.groups.extend(own.groups);
    }
}
