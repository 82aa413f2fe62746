//! Indexes name exactly the rows there are.

use muster_model::{EvalStatus, RootKeyState};

use super::{Violation, require};
use crate::tables::Tables;

pub(super) fn allocs_are_indexed(tables: &Tables) -> Result<(), Violation> {
    let allocs = &tables.allocs;
    for (slot, row) in allocs.rows.iter() {
        let (id, owners) = (row.alloc.id, row.owners);
        let indexed = allocs.ids.get(&id) == Some(&slot)
            && allocs.by_job.contains(&(owners.job, slot))
            && allocs.by_node.contains(&(owners.node, slot))
            && allocs.by_eval.contains(&(owners.eval, slot));
        let owned = tables.jobs.at(owners.job).is_some_and(|job| job.key == row.alloc.job.key())
            && tables.nodes.get(owners.node).is_some_and(|node| node.node().id == row.alloc.node_id)
            && tables.evals.rows.get(owners.eval).is_some_and(|eval| eval.eval.id == row.alloc.eval_id);
        require(indexed && owned && row.alloc.group_spec().is_some(), "allocs_are_indexed", || {
            format!("allocation {id} in slot {slot} of {owners:?}: indexed {indexed}, owned {owned}")
        })?;
    }
    let sizes = [allocs.ids.len(), allocs.by_job.len(), allocs.by_node.len(), allocs.by_eval.len()];
    let rows = allocs.rows.iter().count();
    require(sizes == [rows; 4], "allocs_are_indexed", || format!("{rows} rows, indexes of {sizes:?}"))
}

pub(super) fn evals_are_indexed(tables: &Tables) -> Result<(), Violation> {
    let evals = &tables.evals;
    let mut blocked = 0;
    for (slot, row) in evals.rows.iter() {
        let is_blocked = row.eval.status == EvalStatus::Blocked;
        blocked += usize::from(is_blocked);
        let indexed = evals.ids.get(&row.eval.id) == Some(&slot)
            && evals.by_job.contains(&(row.job_slot, slot))
            && evals.blocked.contains(&(row.job_slot, slot)) == is_blocked;
        let owned = tables.jobs.at(row.job_slot).is_some_and(|job| job.key == row.eval.job_key());
        let allocs = tables.allocs.of(&tables.allocs.by_eval, slot).count();
        require(indexed && owned && allocs == row.allocs as usize, "evals_are_indexed", || {
            format!(
                "evaluation {}: indexed {indexed}, owned {owned}, {} of {allocs} allocations",
                row.eval.id, row.allocs
            )
        })?;
    }
    let sizes = [evals.ids.len(), evals.by_job.len(), evals.blocked.len()];
    let rows = evals.rows.iter().count();
    require(sizes == [rows, rows, blocked], "evals_are_indexed", || {
        format!("{rows} rows, {blocked} blocked, indexes of {sizes:?}")
    })
}

/// Nothing is known of a pool that does not exist.
pub(super) fn pool_details_have_their_pool(tables: &Tables) -> Result<(), Violation> {
    let pools = &tables.pools;
    let stray = pools.details.iter().find(|(name, details)| {
        **name != details.name || name.is_built_in() || !pools.rows.contains_key(*name)
    });
    require(stray.is_none(), "pool_details_have_their_pool", || format!("{stray:?}"))
}

/// Once there is a root key, exactly one is active; ids name their rows.
pub(super) fn one_root_key_is_active(tables: &Tables) -> Result<(), Violation> {
    let keys = &tables.root_keys.rows;
    let active = keys.values().filter(|key| key.state == RootKeyState::Active).count();
    let holds = active == usize::from(!keys.is_empty()) && keys.iter().all(|(id, key)| *id == key.id);
    require(holds, "one_root_key_is_active", || format!("{active} of {}", keys.len()))
}

pub(super) fn ids_name_their_rows(tables: &Tables) -> Result<(), Violation> {
    let node = |(id, slot)| tables.nodes.get(slot).is_some_and(|row| row.node().id == id);
    let nodes = tables.nodes.ids.iter().all(|(id, slot)| node((*id, *slot)))
        && tables.nodes.ids.len() == tables.nodes.iter().count();
    require(nodes, "ids_name_their_rows", || "nodes".to_owned())?;
    let jobs =
        tables.jobs.ids.iter().all(|(key, slot)| tables.jobs.at(*slot).is_some_and(|row| row.key == *key))
            && tables.jobs.ids.len() == tables.jobs.rows.iter().count();
    require(jobs, "ids_name_their_rows", || "jobs".to_owned())?;
    let per_node = |slot: &u32| {
        tables
            .jobs
            .at(*slot)
            .and_then(|row| row.current())
            .is_some_and(|job| job.kind.is_per_node() && !job.stop && !job.makes_children())
    };
    let wanted = tables.jobs.rows.iter().filter(|(slot, _)| per_node(slot)).count();
    let found = tables.jobs.per_node.iter().filter(|slot| per_node(slot)).count();
    require(wanted == found && found == tables.jobs.per_node.len(), "ids_name_their_rows", || {
        format!("{wanted} jobs run on every node, {found} are listed")
    })
}
