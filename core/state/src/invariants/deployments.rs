//! What is kept about deployments.

use std::collections::BTreeMap;

use muster_model::{Alloc, Deployment};

use super::{Violation, require};
use crate::tables::Tables;

pub(super) fn are_indexed(tables: &Tables) -> Result<(), Violation> {
    let table = &tables.deployments;
    for (id, row) in &table.rows {
        let deployment = &row.deployment;
        let indexed = deployment.id == *id
            && table.by_job.contains(&(deployment.job_key(), deployment.create_index, *id))
            && table.active.contains(id) == deployment.status.is_active()
            && tables.jobs.ids.contains_key(&deployment.job_key());
        require(indexed, "deployments_are_indexed", || format!("deployment {id}: {deployment:?}"))?;
    }
    let active = table.rows.values().filter(|row| row.deployment.status.is_active()).count();
    let sizes = [table.by_job.len(), table.active.len()];
    require(sizes == [table.rows.len(), active], "deployments_are_indexed", || {
        format!("{} rows, {active} active, indexes of {sizes:?}", table.rows.len())
    })
}

/// Of a deployment that is under way, what its allocations say is what is counted. Allocations that were forgotten
/// since stay counted.
pub(super) fn counters_equal_recomputation(tables: &Tables) -> Result<(), Violation> {
    let mut found: BTreeMap<_, (u32, u32, u32)> = BTreeMap::new();
    for (_, row) in tables.allocs.rows.iter() {
        let alloc: &Alloc = &row.alloc;
        let (Some(id), Some(group)) = (alloc.deployment_id(), alloc.group_spec()) else { continue };
        let counts = found.entry((id, group.name.clone())).or_default();
        counts.0 += 1;
        counts.1 += u32::from(alloc.healthy() == Some(true));
        counts.2 += u32::from(alloc.healthy() == Some(false));
    }
    for deployment in tables.deployments.rows.values().map(|row| &row.deployment) {
        for (name, group) in &deployment.groups {
            let (placed, healthy, unhealthy) =
                found.get(&(deployment.id, name.clone())).copied().unwrap_or_default();
            let active = deployment.status.is_active();
            let enough = !active
                || (group.placed >= placed && group.healthy >= healthy && group.unhealthy >= unhealthy);
            let canaries = group.placed_canaries.iter().filter_map(|id| tables.allocs.get(*id));
            let own = canaries
                .filter(|row| row.alloc.deployment_id() == Some(deployment.id))
                .all(|row| row.alloc.is_canary() != group.promoted);
            require(enough && own, "deployment_counters_equal_recomputation", || {
                format!(
                    "deployment {}: group {name}: kept {group:?}, found {placed} {healthy} {unhealthy}",
                    deployment.id
                )
            })?;
        }
    }
    Ok(())
}

/// A job rolls out one version at a time.
pub(super) fn at_most_one_is_active(tables: &Tables) -> Result<(), Violation> {
    let mut seen: BTreeMap<_, &Deployment> = BTreeMap::new();
    for id in &tables.deployments.active {
        let Some(deployment) = tables.deployments.get(*id) else { continue };
        let of_job = (deployment.job_key(), deployment.job_create_index, deployment.job_version);
        let other = seen.insert(of_job, deployment);
        require(other.is_none(), "at_most_one_deployment_is_active", || {
            format!("deployments {id} and {:?} of job {}", other.map(|other| other.id), deployment.job_key())
        })?;
    }
    Ok(())
}
