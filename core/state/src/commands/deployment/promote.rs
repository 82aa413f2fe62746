//! Canaries become what the group is to be; the rest may follow.

use std::sync::Arc;

use muster_ids::{AllocId, GroupName};
use muster_model::{Alloc, Deployment, DeploymentGroup};

use super::{active, evaluate, updated};
use crate::change::Change;
use crate::command::{DeploymentCause, DeploymentPromote, Refusal, Reply};
use crate::tables::Tables;

pub(in crate::commands) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &DeploymentPromote,
) -> Result<Reply, Refusal> {
    let deployment = active(tables, command.id, "promote")?;
    let groups = judge(tables, &deployment, command)?;
    let (index, now) = (cx.index, cx.now);
    let mut canaries: Vec<AllocId> = Vec::new();
    tables.change_deployment(cx, command.id, DeploymentCause::Promotion, |deployment| {
        for name in &groups {
            let Some(group) = deployment.groups.get_mut(name) else { continue };
            group.promoted = true;
            group.require_progress_by = crate::tables::deployments::deadline(group, now);
            canaries.extend(&group.placed_canaries);
        }
        deployment.decided_index = index;
        deployment.status_description = deployment.running_description().into();
    });
    for id in canaries {
        become_ordinary(tables, cx, id);
    }
    let eval = evaluate(tables, cx, &deployment, command.eval_id);
    Ok(updated(eval, None))
}

/// The groups to promote: those named, or all that have canaries. Each must have all of its canaries healthy.
fn judge(
    tables: &Tables,
    deployment: &Deployment,
    command: &DeploymentPromote,
) -> Result<Vec<GroupName>, Refusal> {
    if let Some(name) = command.groups.iter().flatten().find(|name| !deployment.groups.contains_key(*name)) {
        return Err(Refusal::DeploymentGroupUnknown { group: name.clone() });
    }
    let named = |name: &GroupName| command.groups.as_ref().is_none_or(|groups| groups.contains(name));
    let wanted: Vec<(&GroupName, &DeploymentGroup)> =
        deployment.groups.iter().filter(|(name, group)| named(name) && group.awaits_promotion()).collect();
    if wanted.is_empty() {
        return Err(Refusal::DeploymentWithoutCanaries);
    }
    let healthy = |group: &DeploymentGroup| {
        let canaries = group.placed_canaries.iter().filter_map(|id| tables.allocs.get(*id));
        let healthy =
            canaries.filter(|row| !row.alloc.terminal() && row.alloc.healthy() == Some(true)).count();
        u32::try_from(healthy).unwrap_or(u32::MAX)
    };
    let lacking: Vec<(GroupName, u32, u32)> = wanted
        .iter()
        .map(|(name, group)| ((*name).clone(), healthy(group), group.desired_canaries))
        .filter(|(_, healthy, desired)| healthy < desired)
        .collect();
    match lacking.is_empty() {
        true => Ok(wanted.into_iter().map(|(name, _)| name.clone()).collect()),
        false => Err(Refusal::CanariesUnhealthy { groups: lacking }),
    }
}

fn become_ordinary(tables: &mut Tables, cx: &mut Change, id: AllocId) {
    let Some(slot) = tables.allocs.ids.get(&id).copied() else { return };
    let Some(row) = tables.allocs.rows.get(slot).map(|row| Arc::clone(&row.alloc)) else { return };
    let mut alloc = Alloc::clone(&row);
    if let Some(part) = alloc.deployment.as_mut().filter(|part| part.canary) {
        part.canary = false;
        alloc.modify_index = cx.index;
        alloc.modify_time = cx.now;
        tables.replace_alloc(cx, slot, alloc);
    }
}
