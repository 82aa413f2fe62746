//! An operator says which allocations of a deployment are healthy, as `health_check = "manual"` wants it. One that is
//! not fails the deployment.

use muster_ids::AllocId;
use muster_model::{Deployment, DeploymentFailure};

use super::fail::give_up;
use super::{active, evaluate, updated};
use crate::change::Change;
use crate::command::{DeploymentAllocHealth, Refusal, Reply};
use crate::tables::Tables;

pub(in crate::commands) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &DeploymentAllocHealth,
) -> Result<Reply, Refusal> {
    let deployment = active(tables, command.id, "set health of allocations for a")?;
    if command.healthy.is_empty() && command.unhealthy.is_empty() {
        return Err(Refusal::DeploymentHealthEmpty);
    }
    for id in command.healthy.iter().chain(&command.unhealthy) {
        judge(tables, &deployment, *id)?;
    }
    for (ids, healthy) in [(&command.healthy, true), (&command.unhealthy, false)] {
        for id in ids {
            let Some(slot) = tables.allocs.ids.get(id).copied() else { continue };
            tables.set_health(cx, slot, healthy, cx.now);
        }
    }
    let cause = DeploymentFailure::UnhealthyAllocations;
    let reverted = match command.unhealthy.is_empty() {
        true => None,
        false => give_up(tables, cx, &deployment, cause),
    };
    let eval = evaluate(tables, cx, &deployment, command.eval_id);
    Ok(updated(eval, reverted))
}

fn judge(tables: &Tables, deployment: &Deployment, id: AllocId) -> Result<(), Refusal> {
    let row = tables.allocs.get(id).ok_or(Refusal::DeploymentAllocUnknown { alloc: id })?;
    match row.alloc.deployment_id() == Some(deployment.id) {
        true => Ok(()),
        false => Err(Refusal::DeploymentAllocForeign { alloc: id, deployment: deployment.id }),
    }
}
