//! What a plan does to deployments: begins one, counts its placements, ends others.
//!
//! A plan was made for a deployment as its snapshot showed it. When somebody promoted, paused or failed it since, the
//! plan might replace what must not be replaced, so all of it is stale.

use std::collections::BTreeMap;

use muster_ids::{AllocId, GroupName};
use muster_model::{Alloc, Deployment, DeploymentStatus, JobKey, Plan};

use crate::change::Change;
use crate::command::DeploymentCause;
use crate::tables::Tables;
use crate::tables::deployments::deadline;

/// Whether the plan was made for another situation than there is.
pub(super) fn is_stale(tables: &Tables, plan: &Plan, key: &JobKey) -> bool {
    if plan.deployment.is_some() {
        let current = tables.job(key).is_some_and(|job| job.version == plan.job_version && !job.stop);
        let rival = tables.deployments.of_job(key).next_back();
        let rival = rival.is_some_and(|deployment| {
            deployment.status.is_active()
                && deployment.job_version == plan.job_version
                && is_of_now(tables, deployment)
        });
        return !current || rival;
    }
    match plan.deployment_id {
        None => false,
        Some(id) => tables.deployments.get(id).is_none_or(|named| named.decided_index > plan.snapshot_index),
    }
}

fn is_of_now(tables: &Tables, deployment: &Deployment) -> bool {
    tables.job(&deployment.job_key()).is_some_and(|job| job.create_index == deployment.job_create_index)
}

pub(super) fn begin(tables: &mut Tables, cx: &mut Change, plan: &Plan) {
    let Some(new) = plan.deployment.as_deref() else { return };
    let deployment =
        Deployment { create_index: cx.index, decided_index: cx.index, create_time: cx.now, ..new.clone() };
    tables.put_deployment(cx, deployment, DeploymentCause::PlanResult);
}

/// Allocations placed, by group: how many, and which of them are canaries.
#[derive(Debug, Default)]
pub(super) struct Arrivals(BTreeMap<GroupName, (u32, Vec<AllocId>)>);

impl Arrivals {
    pub(super) fn add(&mut self, alloc: &Alloc) {
        let Some(group) = alloc.group_spec() else { return };
        let (placed, canaries) = self.0.entry(group.name.clone()).or_default();
        *placed += 1;
        if alloc.is_canary() {
            canaries.push(alloc.id);
        }
    }

    pub(super) fn count(self, tables: &mut Tables, cx: &mut Change, plan: &Plan) {
        let Some(id) = plan.deployment_id.filter(|_| !self.0.is_empty()) else { return };
        let now = cx.now;
        tables.change_deployment(cx, id, DeploymentCause::PlanResult, |deployment| {
            for (name, (placed, canaries)) in self.0 {
                let Some(group) = deployment.groups.get_mut(&name) else { continue };
                group.placed += placed;
                group.placed_canaries.extend(canaries);
                if group.require_progress_by.is_zero() {
                    group.require_progress_by = deadline(group, now);
                }
            }
        });
    }
}

/// Ends deployments. One is successful only when it really is.
pub(super) fn update(tables: &mut Tables, cx: &mut Change, plan: &Plan) {
    for update in &plan.deployment_updates {
        let Some(deployment) = tables.deployments.get(update.id) else { continue };
        let healthy = deployment.groups.values().all(muster_model::DeploymentGroup::is_healthy);
        if update.status == DeploymentStatus::Successful && !healthy {
            continue;
        }
        tables.set_deployment_status(cx, update.id, update.status, update.description.clone());
    }
}
