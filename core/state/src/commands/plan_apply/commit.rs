//! Writes what was judged.

use std::sync::Arc;

use muster_ids::AllocId;
use muster_model::planted::{self, Plant};
use muster_model::{
    Alloc, AllocDeployment, AllocMetric, ClientStatus, DesiredStatus, DesiredTransition, EvalTrigger, Job,
    JobKey, Placement, Plan, PlanOutcome, Preemption, Stop,
};

use super::deployments::Arrivals;
use super::judge::Verdict;
use crate::change::Change;
use crate::command::IdSeed;
use crate::commands::alloc_stop::merged;
use crate::commands::node_evals::Concerned;
use crate::occupancy::holds_resources;
use crate::tables::Tables;
use crate::tables::allocs::Owners;

/// Ends allocations. One of another job is evicted. Stopping twice adds nothing.
pub(super) fn stops(tables: &mut Tables, cx: &mut Change, plan: &Plan, key: &JobKey) {
    for stop in &plan.stops {
        let Some(slot) = tables.allocs.ids.get(&stop.id).copied() else { continue };
        let Some(row) = tables.allocs.rows.get(slot) else { continue };
        if let Some(alloc) = stopped(cx, &row.alloc, stop, key) {
            tables.replace_alloc(cx, slot, alloc);
        }
    }
}

fn stopped(cx: &Change, old: &Alloc, stop: &Stop, key: &JobKey) -> Option<Alloc> {
    let client = stop.client_status.filter(|_| !old.client_terminal()).unwrap_or(old.client);
    // Out of contact is not over: servers still want it, until they decide otherwise.
    let desired = match (stop.client_status, old.desired) {
        (Some(ClientStatus::Unknown), desired) => desired,
        (_, DesiredStatus::Run) if old.job.id == key.id && old.job.namespace == key.namespace => {
            DesiredStatus::Stop
        }
        (_, DesiredStatus::Run) => DesiredStatus::Evict,
        (_, desired) => desired,
    };
    let transition = merged(old.transition, stop.transition);
    if (client, desired, transition) == (old.client, old.desired, old.transition) {
        return None;
    }
    let mut alloc = old.clone();
    if desired != old.desired || client != old.client {
        alloc.desired_description = Some(stop.description.clone());
    }
    if (client == ClientStatus::Unknown) != (old.client == ClientStatus::Unknown) {
        alloc.note_state(client, cx.now);
    }
    alloc.client = client;
    alloc.desired = desired;
    alloc.transition = transition;
    changed_by_servers(&mut alloc, cx);
    Some(alloc)
}

fn changed_by_servers(alloc: &mut Alloc, cx: &Change) {
    alloc.modify_index = cx.index;
    alloc.alloc_modify_index = cx.index;
    alloc.modify_time = cx.now;
}

pub(super) fn placements(
    tables: &mut Tables,
    cx: &mut Change,
    plan: &Plan,
    key: &JobKey,
    eval_slot: u32,
    verdicts: &[Verdict],
) -> PlanOutcome {
    let mut outcome = PlanOutcome::default();
    let job_slot = tables.job_slot(cx, key);
    if verdicts.iter().any(|verdict| *verdict != Verdict::Refused) {
        tables.expect_live(cx, job_slot);
    }
    let version = tables.jobs.at(job_slot).and_then(|row| row.version(plan.job_version));
    let job = version.map(|version| Arc::clone(&version.job));
    let mut concerned = Concerned::default();
    let none = Arc::new(AllocMetric::default());
    let mut arrivals = Arrivals::default();
    for (placement, verdict) in plan.placements.iter().zip(verdicts) {
        let metric = plan.metrics.get(placement.metric as usize).unwrap_or(&none);
        let older = placement.job_version.and_then(|version| older_version(tables, job_slot, version));
        let done = match (older.as_ref().or(job.as_ref()), *verdict) {
            (Some(job), Verdict::Place { node }) => {
                let owners = Owners { job: job_slot, node, eval: eval_slot };
                let victims = victims(tables, placement);
                let preemption = Preemption::of(None, victims.iter().map(|victim| victim.id).collect());
                let alloc = Alloc { preemption, ..fresh(cx, plan, placement, job, metric) };
                if placement.in_deployment {
                    arrivals.add(&alloc);
                }
                let placed = place(tables, cx, alloc, owners);
                if placed {
                    evict(tables, cx, placement.id, &victims, &mut concerned);
                }
                placed
            }
            (Some(job), Verdict::InPlace { alloc: slot }) => {
                let updated = updated(tables, cx, plan, placement, slot, job, metric);
                if let Some(alloc) = updated.as_ref().filter(|alloc| joins(tables, alloc, slot)) {
                    arrivals.add(alloc);
                }
                updated.is_some_and(|alloc| update(tables, cx, slot, eval_slot, alloc))
            }
            _ => false,
        };
        if done {
            outcome.placed += 1;
        } else {
            outcome.refused.push(placement.id);
        }
    }
    arrivals.count(tables, cx, plan);
    if !planted::is(Plant::EvictedAreForgotten) {
        concerned.evaluate(tables, cx, seed(plan), EvalTrigger::Preemption, None);
    }
    if !outcome.refused.is_empty() {
        outcome.refresh_index = Some(cx.index);
    }
    outcome
}

/// The version that an old allocation's replacement instantiates while canaries await promotion.
fn older_version(tables: &Tables, job_slot: u32, version: u64) -> Option<Arc<Job>> {
    Some(Arc::clone(&tables.jobs.at(job_slot)?.version(version)?.job))
}

/// Whether an allocation is about to become part of another deployment than before.
fn joins(tables: &Tables, alloc: &Alloc, slot: u32) -> bool {
    let before = tables.allocs.rows.get(slot).and_then(|row| row.alloc.deployment_id());
    alloc.deployment_id().is_some() && alloc.deployment_id() != before
}

fn part_of(plan: &Plan, placement: &Placement) -> Option<Box<AllocDeployment>> {
    let id = plan.deployment_id.filter(|_| placement.in_deployment)?;
    Some(Box::new(AllocDeployment { id: Some(id), canary: placement.canary, ..AllocDeployment::default() }))
}

/// Ids of evaluations that a plan causes follow from the id of its own, which nobody else draws from.
fn seed(plan: &Plan) -> IdSeed {
    IdSeed(*plan.eval_id.as_bytes())
}

/// Those that have to make room for the placement and have not ended by themselves.
fn victims(tables: &Tables, placement: &Placement) -> Vec<Arc<Alloc>> {
    let rows = placement.preempts.iter().filter_map(|id| tables.allocs.get(*id));
    rows.map(|row| Arc::clone(&row.alloc)).filter(|alloc| holds_resources(alloc)).collect()
}

/// Tells them to end; their jobs look for another place.
fn evict(
    tables: &mut Tables,
    cx: &mut Change,
    by: AllocId,
    victims: &[Arc<Alloc>],
    concerned: &mut Concerned,
) {
    for victim in victims {
        let Some(slot) = tables.allocs.ids.get(&victim.id).copied() else { continue };
        let mut alloc = Alloc::clone(victim);
        alloc.desired = DesiredStatus::Evict;
        alloc.desired_description = Some(format!("Preempted by alloc ID {by}").into());
        alloc.preemption = Preemption::of(Some(by), victim.preempts().to_vec());
        changed_by_servers(&mut alloc, cx);
        tables.replace_alloc(cx, slot, alloc);
        concerned.add(tables, &victim.job);
    }
}

fn fresh(
    cx: &Change,
    plan: &Plan,
    placement: &Placement,
    job: &Arc<Job>,
    metric: &Arc<AllocMetric>,
) -> Alloc {
    Alloc {
        id: placement.id,
        eval_id: plan.eval_id,
        node_id: placement.node_id,
        job: Arc::clone(job),
        group: placement.group,
        name_index: placement.name_index,
        desired: DesiredStatus::Run,
        client: ClientStatus::Pending,
        transition: DesiredTransition::default(),
        desired_description: None,
        client_description: None,
        ports: placement.ports.clone(),
        allotted: placement.allotted.clone(),
        previous: placement.previous,
        next: None,
        preemption: None,
        states: Box::default(),
        tasks: Box::default(),
        metric: Arc::clone(metric),
        deployment: part_of(plan, placement),
        create_index: cx.index,
        modify_index: cx.index,
        alloc_modify_index: cx.index,
        create_time: cx.now,
        modify_time: cx.now,
    }
}

/// `false` when the plan names the id twice.
fn place(tables: &mut Tables, cx: &mut Change, alloc: Alloc, owners: Owners) -> bool {
    if tables.allocs.ids.contains_key(&alloc.id) {
        return false;
    }
    let (id, previous) = (alloc.id, alloc.previous);
    tables.take_queued(owners.job, &alloc);
    tables.insert_alloc(cx, alloc, owners);
    let replaced = previous.and_then(|previous| tables.allocs.ids.get(&previous).copied());
    if let Some((slot, row)) = replaced.and_then(|slot| Some((slot, tables.allocs.rows.get(slot)?))) {
        let mut old = Alloc::clone(&row.alloc);
        old.next = Some(id);
        old.modify_index = cx.index;
        old.modify_time = cx.now;
        tables.replace_alloc(cx, slot, old);
    }
    true
}

/// The allocation as it goes on, for this version of its job.
fn updated(
    tables: &Tables,
    cx: &Change,
    plan: &Plan,
    placement: &Placement,
    slot: u32,
    job: &Arc<Job>,
    metric: &Arc<AllocMetric>,
) -> Option<Alloc> {
    let mut alloc = Alloc::clone(&tables.allocs.rows.get(slot)?.alloc);
    alloc.eval_id = plan.eval_id;
    alloc.job = Arc::clone(job);
    alloc.group = placement.group;
    alloc.name_index = placement.name_index;
    alloc.ports = placement.ports.clone();
    alloc.allotted.clone_from(&placement.allotted);
    alloc.metric = Arc::clone(metric);
    if placement.in_deployment && alloc.deployment_id() != plan.deployment_id {
        alloc.deployment = part_of(plan, placement);
    }
    changed_by_servers(&mut alloc, cx);
    Some(alloc)
}

/// It belongs to the evaluation that updated it from now on, so that whoever follows that one finds it.
fn update(tables: &mut Tables, cx: &mut Change, slot: u32, eval_slot: u32, alloc: Alloc) -> bool {
    tables.hand_over(cx, slot, eval_slot);
    tables.replace_alloc(cx, slot, alloc);
    true
}
