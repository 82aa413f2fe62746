//! `update_policy_holds` and `canary_waits_for_promotion`: of a rollout no more than `max_parallel` allocations that replace
//! an older version are not yet healthy at once; until somebody promotes the canaries, or the group says that they promote
//! themselves, nothing else becomes the new version.

use std::collections::BTreeSet;
use std::sync::Arc;

use muster_ids::{DeploymentId, Index};
use muster_model::{Alloc, ClientStatus, Deployment, Group, Job, JobKey};
use muster_state::Snapshot;
use muster_state::command::Event as Fact;

use super::{Check, violated};

/// Deployments that operators asked to promote, whether they heard the answer or not.
#[derive(Debug, Default)]
pub struct Promotions {
    asked: BTreeSet<DeploymentId>,
}

impl Promotions {
    pub fn ask(&mut self, id: DeploymentId) {
        self.asked.insert(id);
    }

    pub fn only_when_asked(&self, events: &[Fact]) -> Check {
        for event in events {
            let Fact::DeploymentUpdated { deployment, .. } = event else { continue };
            let unasked = |deployment: &Deployment| {
                !self.asked.contains(&deployment.id)
                    && deployment
                        .groups
                        .values()
                        .any(|group| group.promoted && group.desired_canaries > 0 && !group.auto_promote)
            };
            if unasked(deployment) {
                let detail = format!("deployment {} of {} was promoted", deployment.id, deployment.job_id);
                return violated("canary_waits_for_promotion", detail);
            }
        }
        Ok(())
    }
}

/// Checks what an entry placed for a job.
pub fn of_job(snapshot: &Snapshot, key: &JobKey, index: Index) -> Check {
    let Some(job) = snapshot.job(key).filter(|job| !job.stop) else {
        return Ok(());
    };
    for group in job.groups.iter().filter(|group| group.rollout().is_some()) {
        of_group(snapshot, job, group, index)?;
    }
    Ok(())
}

fn of_group(snapshot: &Snapshot, job: &Arc<Job>, group: &Group, index: Index) -> Check {
    let Some(strategy) = group.rollout().filter(|_| !job.kind.runs_to_completion()) else { return Ok(()) };
    let key = job.key();
    let current: Vec<&Arc<Alloc>> = snapshot
        .allocs_by_job(&key)
        .filter(|alloc| alloc.job.version == job.version && alloc.job.create_index == job.create_index)
        .filter(|alloc| !alloc.terminal() && alloc.group_spec().is_some_and(|spec| spec.name == group.name))
        .collect();
    let replaced = |alloc: &Alloc| {
        let before = alloc.previous.and_then(|id| snapshot.alloc(id))?;
        let update = before.job.version != job.version
            && before.alloc_modify_index == index
            && before.server_terminal()
            && !matches!(before.client, ClientStatus::Lost | ClientStatus::Failed)
            && !before.transition.migrate;
        update.then_some(before.id)
    };
    // On every node, canaries take the place of others.
    let new = current.iter().filter(|alloc| alloc.create_index == index && !alloc.is_canary());
    let updates = new.filter(|alloc| replaced(alloc).is_some()).count();
    if updates == 0 {
        return Ok(());
    }
    let newest = snapshot.deployments_by_job(&key).rev().find(|deployment| deployment.is_of(job));
    let awaits = newest
        .filter(|deployment| deployment.status.is_active())
        .and_then(|deployment| deployment.groups.get(&group.name))
        .is_some_and(muster_model::DeploymentGroup::awaits_promotion);
    if awaits {
        let detail =
            format!("{key} group {}: {updates} replaced before the canaries were promoted", group.name);
        return violated("canary_waits_for_promotion", detail);
    }
    // Those that went over to the new version in place run as before, and are no part of what may be down.
    let rolls = current.iter().filter(|alloc| {
        newest.is_some_and(|d| alloc.deployment_id() == Some(d.id) && alloc.create_index >= d.create_index)
    });
    // Nodes that come new take nothing down, and who is away may have somebody in its place, who counts.
    let since = newest.map_or(Index::ZERO, |deployment| deployment.create_index);
    let counts = |alloc: &Alloc| !job.kind.is_per_node() || took_over(snapshot, alloc, since);
    let stood_in_for = |alloc: &Alloc| {
        alloc.client == ClientStatus::Unknown && current.iter().any(|heir| heir.previous == Some(alloc.id))
    };
    let unhealthy = rolls
        .filter(|alloc| !alloc.is_canary() && alloc.healthy() != Some(true))
        .filter(|alloc| counts(alloc) && !stood_in_for(alloc))
        .count();
    if unhealthy > strategy.max_parallel as usize {
        let detail = format!(
            "{key} group {}: {updates} replaced, {unhealthy} are not healthy, {} allowed",
            group.name, strategy.max_parallel
        );
        return violated("update_policy_holds", detail);
    }
    Ok(())
}

/// Whether it took the place of one of another version that was stopped for it.
fn took_over(snapshot: &Snapshot, alloc: &Alloc, since: Index) -> bool {
    let before = alloc.previous.and_then(|id| snapshot.alloc(id));
    before.is_some_and(|before| {
        let ended = matches!(before.client, ClientStatus::Lost | ClientStatus::Failed);
        let stopped = before.server_terminal() && before.alloc_modify_index >= since;
        before.job.version != alloc.job.version && stopped && !ended && !before.transition.migrate
    })
}
