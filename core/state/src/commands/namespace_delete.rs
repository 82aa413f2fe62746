//! Namespaces are forgotten, with everything that is over in them: whoever makes one of the same name finds nothing of
//! what was in it.

use muster_ids::{AllocId, DeploymentId, EvalId, Namespace};
use muster_model::{JobKey, JobStatus};

use super::garbage_collect::alloc_is_over;
use crate::change::Change;
use crate::command::{Event, NamespaceDelete, Refusal, Reply};
use crate::tables::Tables;
use crate::tables::jobs::JobRow;

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &NamespaceDelete,
) -> Result<Reply, Refusal> {
    for name in &command.names {
        judge(tables, name, command)?;
    }
    for name in &command.names {
        empty(tables, cx, name);
        tables.remove_namespace(cx, name);
    }
    Ok(Reply::Done)
}

fn judge(tables: &Tables, name: &Namespace, command: &NamespaceDelete) -> Result<(), Refusal> {
    let (namespace, region) = (name.clone(), command.region.clone());
    if *name == Namespace::default_namespace() {
        return Err(Refusal::NamespaceUndeletable);
    }
    if !tables.namespaces.rows.contains_key(name) {
        return Err(Refusal::NamespaceUnknown { namespace });
    }
    let busy =
        |row: &JobRow| row.open_evals > 0 || row.current().is_some_and(|job| job.status != JobStatus::Dead);
    if rows(tables, name).any(|(_, row)| busy(row)) {
        return Err(Refusal::NamespaceHasJobs { namespace, region });
    }
    let mut allocs = rows(tables, name).flat_map(|(slot, _)| tables.allocs.of(&tables.allocs.by_job, slot));
    match allocs.all(|alloc| alloc_is_over(tables, alloc)) {
        true => Ok(()),
        false => Err(Refusal::NamespaceHasAllocs { namespace, region }),
    }
}

fn rows<'a>(tables: &'a Tables, name: &'a Namespace) -> impl Iterator<Item = (u32, &'a JobRow)> {
    let slots = tables.jobs.ids.iter().filter(|(key, _)| key.namespace == *name);
    slots.filter_map(|(_, slot)| Some((*slot, tables.jobs.at(*slot)?)))
}

/// Allocations go first, as they name evaluations.
fn empty(tables: &mut Tables, cx: &mut Change, name: &Namespace) {
    let slots: Vec<u32> = rows(tables, name).map(|(slot, _)| slot).collect();
    let of_jobs = |tables: &Tables| -> Vec<AllocId> {
        let allocs = slots.iter().flat_map(|slot| tables.allocs.of(&tables.allocs.by_job, *slot));
        allocs.map(|alloc| alloc.id).collect()
    };
    let allocs = of_jobs(tables);
    let evals: Vec<EvalId> =
        slots.iter().flat_map(|slot| tables.evals.of_job(*slot)).map(|row| row.eval.id).collect();
    let deployments = tables.deployments.rows.values().map(|row| &row.deployment);
    let deployments: Vec<DeploymentId> =
        deployments.filter(|one| one.namespace == *name).map(|one| one.id).collect();
    allocs.iter().for_each(|id| tables.remove_alloc(cx, *id));
    evals.iter().for_each(|id| tables.remove_eval(cx, *id));
    deployments.iter().for_each(|id| tables.remove_deployment(cx, *id));
    let mut jobs: Vec<JobKey> = Vec::new();
    for slot in slots {
        let Some(job) = tables.jobs.at(slot).and_then(JobRow::current).cloned() else { continue };
        jobs.push(job.key());
        cx.events.push(Event::JobCollected(job));
        tables.remove_versions(cx, slot);
    }
    tables.forget_dispatch_tokens(name);
    if !deployments.is_empty() {
        cx.events.push(Event::DeploymentsCollected(deployments));
    }
    if !(evals.is_empty() && allocs.is_empty() && jobs.is_empty()) {
        cx.events.push(Event::Collected { evals, allocs, jobs, nodes: Vec::new() });
    }
}
