//! Whether a dispatch is what its parent asks for, in the order that the contract reports problems.

use std::sync::Arc;

use muster_model::{Job, Parameterized, PayloadRule};

use crate::command::{JobDispatch, Refusal};
use crate::tables::Tables;

/// The parent, if it may be dispatched so.
pub(crate) fn judge(tables: &Tables, command: &JobDispatch) -> Result<Arc<Job>, Refusal> {
    let parent = tables.job(&command.key).ok_or(Refusal::DispatchUnknown)?;
    let rules = match &parent.parameterized {
        Some(rules) if parent.is_parameterized() => rules,
        _ => return Err(Refusal::DispatchPlain { job: parent.id.clone() }),
    };
    if parent.stop {
        return Err(Refusal::DispatchStopped { job: parent.id.clone() });
    }
    payload(rules, command)?;
    meta(rules, command)?;
    let most = command.limits.max_priority;
    if command.priority.is_some_and(|priority| !(1..=most).contains(&priority)) {
        return Err(Refusal::DispatchPriority { most });
    }
    overrides(tables, parent, rules, command)?;
    Ok(Arc::clone(parent))
}

fn payload(rules: &Parameterized, command: &JobDispatch) -> Result<(), Refusal> {
    match (rules.payload, &command.payload) {
        (PayloadRule::Required, None) => Err(Refusal::DispatchPayloadMissing),
        (PayloadRule::Forbidden, Some(_)) => Err(Refusal::DispatchPayloadForbidden),
        (_, Some(payload)) => {
            let (bytes, most) = (payload.bytes().len() as u64, command.limits.max_payload_bytes);
            let fits = bytes <= u64::from(most);
            if fits { Ok(()) } else { Err(Refusal::DispatchPayloadSize { bytes, most }) }
        }
        _ => Ok(()),
    }
}

fn meta(rules: &Parameterized, command: &JobDispatch) -> Result<(), Refusal> {
    if command.meta.contains_key("") {
        return Err(Refusal::DispatchMetaUnnamed);
    }
    let permitted = |key: &String| {
        rules.meta_required.iter().chain(&rules.meta_optional).any(|permitted| **permitted == **key)
    };
    let unpermitted: Vec<String> = command.meta.keys().filter(|key| !permitted(key)).cloned().collect();
    if !unpermitted.is_empty() {
        return Err(Refusal::DispatchMetaUnpermitted { keys: unpermitted });
    }
    let missing = rules.meta_required.iter().filter(|key| !command.meta.contains_key(&***key));
    let missing: Vec<String> = missing.map(ToString::to_string).collect();
    if missing.is_empty() { Ok(()) } else { Err(Refusal::DispatchMetaMissing { keys: missing }) }
}

fn overrides(
    tables: &Tables,
    parent: &Job,
    rules: &Parameterized,
    command: &JobDispatch,
) -> Result<(), Refusal> {
    let given = &command.overrides;
    if given.is_empty() && rules.allow.is_none() {
        return Ok(());
    }
    let reasons = given.refusals(rules.allow.as_deref(), &parent.groups);
    if !reasons.is_empty() {
        return Err(Refusal::DispatchOverrides { reasons });
    }
    if let Some(node) = given.nodes.iter().find(|id| tables.nodes.slot_of(**id).is_none()) {
        return Err(Refusal::DispatchNodeMissing { node: *node });
    }
    match given.node_pool.as_ref().filter(|pool| !tables.pools.rows.contains_key(*pool)) {
        Some(pool) => Err(Refusal::NodePoolMissing { job: parent.id.clone(), pool: pool.clone() }),
        None => Ok(()),
    }
}

/// Counts that a dispatch sets stay within what the operator allows of any job.
pub(super) fn total(job: &Job, command: &JobDispatch) -> Result<(), Refusal> {
    let most = command.limits.max_count;
    if most == 0 || command.overrides.counts.is_empty() {
        return Ok(());
    }
    let total: u64 = job.groups.iter().map(|group| u64::from(group.count)).sum();
    if total > u64::from(most) { Err(Refusal::DispatchCount { total, most }) } else { Ok(()) }
}
