//! Counts that others than the author of a job change, names for versions, and verdicts on health from outside.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{EvalId, GroupName};
use muster_model::{ClientStatus, Group, ScalingPolicy, VersionTag};
use muster_state::Snapshot;
use muster_state::command::{
    Command, DeploymentAllocHealth, JobScale, JobStability, JobTagApply, JobTagRemove,
};

use crate::rng::Rng;
use crate::sim::Sim;

/// A group whose count has bounds.
pub fn bound(group: &mut Group, rng: &mut Rng) {
    if rng.permille(150) {
        let (min, max) = (rng.range(0, 2), rng.range(3, 8));
        let count = u64::from(group.count).clamp(min, max);
        group.count = u32::try_from(count).unwrap_or(group.count);
        let kind = "horizontal".into();
        group.scaling =
            Some(Box::new(ScalingPolicy { kind, min, max, enabled: true, policy: BTreeMap::new() }));
    }
}

impl Sim {
    pub(super) fn scale(&mut self, snapshot: &Snapshot) -> Option<Command> {
        if self.is_turned_away(snapshot) {
            return None;
        }
        let key = self.key();
        let job = Arc::clone(snapshot.job(&key)?);
        let rng = &mut self.rng;
        let names: Vec<GroupName> = job.groups.iter().map(|group| group.name.clone()).collect();
        let most = if job.kind.is_per_node() { 2 } else { self.shape.largest_count };
        Some(Command::JobScale(Box::new(JobScale {
            key,
            group: rng.pick(&names)?.clone(),
            count: (!rng.permille(150)).then(|| rng.small(0, most)),
            max_total: if rng.coin() { 0 } else { self.shape.largest_count * 2 },
            message: "load".into(),
            error: false,
            meta: BTreeMap::new(),
            enforce_index: rng.permille(200).then_some(job.job_modify_index),
            eval_id: EvalId::from_random(rng.bytes()),
        })))
    }

    /// Says something of a version.
    pub(super) fn tag(&mut self, snapshot: &Snapshot) -> Option<Command> {
        let key = self.key();
        let versions: Vec<u64> = snapshot.job_versions(&key).map(|job| job.version).collect();
        let rng = &mut self.rng;
        let version = *rng.pick(&versions)?;
        let name = format!("golden-{}", rng.below(3));
        if rng.permille(200) {
            let stable = rng.permille(700);
            return Some(Command::JobStability(JobStability { key, version, stable }));
        }
        if rng.permille(250) {
            return Some(Command::JobTagRemove(JobTagRemove { key, name: name.into() }));
        }
        let version = (!rng.permille(200)).then_some(version);
        Some(Command::JobTagApply(JobTagApply { key, version, tag: VersionTag::new(&name, "").ok()? }))
    }

    /// Says of allocations that wait for it how they are: mostly well.
    pub(super) fn judge_health(&mut self, snapshot: &Snapshot) -> Option<Command> {
        let active: Vec<_> = snapshot.active_deployments().collect();
        let deployment = Arc::clone(self.rng.pick(&active)?);
        let waits = |alloc: &&Arc<muster_model::Alloc>| {
            alloc.deployment_id() == Some(deployment.id)
                && alloc.client == ClientStatus::Running
                && alloc.healthy().is_none()
        };
        let mut ids: Vec<_> =
            snapshot.allocs_by_job(&deployment.job_key()).filter(waits).map(|alloc| alloc.id).collect();
        ids.sort_unstable();
        let rng = &mut self.rng;
        let (unhealthy, healthy) = ids.into_iter().partition(|_| rng.permille(80));
        let eval_id = EvalId::from_random(rng.bytes());
        let verdict = DeploymentAllocHealth { id: deployment.id, healthy, unhealthy, eval_id };
        Some(Command::DeploymentAllocHealth(verdict))
    }
}
