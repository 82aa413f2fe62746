//! Turns what was found into what is stored: the plan, the finished evaluation and those that follow it.

use std::collections::BTreeMap;

use muster_ids::{EvalId, GroupName, Text, UnixNanos};
use muster_model::{
    Alloc, ClientStatus, DesiredUpdates, EvalStatus, EvalTrigger, Evaluation, Job, Placement, Plan,
    PlanAnnotations, Stop,
};
use muster_state::Snapshot;

use crate::Context;
use crate::draw::Draw;
use crate::place::Placed;
use crate::reconcile::{Ending, Reconciled};
use crate::wording;

/// What is to be done about an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// `None` when nothing changes.
    pub plan: Option<Plan>,
    /// The evaluation as it is now, first; then a blocked one for what found no place or waits for its predecessor and one to look again later,
    /// as needed. They are also in the plan, to be stored with it if all of it is.
    pub evals: Vec<Evaluation>,
    /// By group; for `job plan`.
    pub updates: BTreeMap<GroupName, DesiredUpdates>,
}

pub fn emit<'a>(
    eval: &Evaluation,
    job: Option<&Job>,
    reconciled: Reconciled<'a>,
    placed: Placed<'a>,
    snapshot: &Snapshot,
    ctx: &Context<'_>,
    draw: &mut Draw,
) -> Schedule {
    let mut done = Evaluation { queued: placed.queued.clone(), ..finished(eval, snapshot, ctx) };
    let mut evals = Vec::new();
    if placed.groups.iter().any(|group| group.has_failed() || group.waits()) {
        evals.extend(wait_for_capacity(&mut done, eval, &placed, snapshot, ctx, draw));
    }
    evals.extend(look_again(eval, &reconciled, snapshot, ctx, draw));
    let unknown = reconciled.unknown.iter().map(|alloc| unknown(alloc));
    let stops: Vec<Stop> = reconciled.stops.iter().chain(&placed.ended).map(stop).chain(unknown).collect();
    let rollout = reconciled.rollout.as_ref();
    let begun = rollout.and_then(|rollout| rollout.begin(draw.deployment_id(), eval.priority));
    let deployment_id =
        begun.as_ref().map(|begun| begun.id).or_else(|| rollout.and_then(|rollout| rollout.active()));
    // Whoever watches the evaluation goes on with the deployment.
    done.deployment_id = deployment_id.or(eval.deployment_id);
    let mut updates = reconciled.updates;
    count_preemptions(&mut updates, job, &placed.placements);
    let nothing = stops.is_empty()
        && placed.placements.is_empty()
        && begun.is_none()
        && reconciled.deployment_updates.is_empty();
    if !nothing || !placed.failed.is_empty() {
        done.annotations = Some(annotations(&updates, &placed.placements));
    }
    evals.insert(0, done);
    let plan = (!nothing).then(|| Plan {
        eval_id: eval.id,
        namespace: eval.namespace.clone(),
        job_id: eval.job_id.clone(),
        job_version: job.map_or(0, |job| job.version),
        priority: eval.priority,
        all_at_once: job.is_some_and(|job| job.all_at_once),
        snapshot_index: snapshot.index(),
        stops,
        placements: placed.placements,
        metrics: placed.metrics,
        evals_if_whole: evals.clone(),
        deployment_id,
        deployment: begun.map(Box::new),
        deployment_updates: reconciled.deployment_updates,
    });
    Schedule { plan, evals, updates }
}

/// Evaluations for later: when failed allocations may be replaced, and when those out of contact are given up.
fn look_again(
    eval: &Evaluation,
    reconciled: &Reconciled<'_>,
    snapshot: &Snapshot,
    ctx: &Context<'_>,
    draw: &mut Draw,
) -> Vec<Evaluation> {
    let wanted = [
        (reconciled.look_again, EvalTrigger::AllocReschedule, wording::DELAYED_EVAL),
        (reconciled.lost_at, EvalTrigger::MaxDisconnectTimeout, wording::DISCONNECT_EVAL),
    ];
    let later = |(due, trigger, why): (Option<UnixNanos>, EvalTrigger, &str)| {
        let due = due.filter(|due| !is_planned(eval, *due, snapshot, ctx))?;
        let later = successor(eval, trigger, why, snapshot, ctx, draw.eval_id());
        Some(Evaluation { wait_until: due, ..later })
    };
    wanted.into_iter().filter_map(later).collect()
}

/// How many allocations of others each group takes the place of.
fn count_preemptions(
    updates: &mut BTreeMap<GroupName, DesiredUpdates>,
    job: Option<&Job>,
    placements: &[Placement],
) {
    for placement in placements {
        let Some(group) = job.and_then(|job| job.groups.get(usize::from(placement.group))) else { continue };
        if !placement.preempts.is_empty() {
            let count = u32::try_from(placement.preempts.len()).unwrap_or(u32::MAX);
            updates.entry(group.name.clone()).or_default().preemptions += count;
        }
    }
}

/// What is kept of the intentions with the evaluation.
fn annotations(
    updates: &BTreeMap<GroupName, DesiredUpdates>,
    placements: &[Placement],
) -> Box<PlanAnnotations> {
    let groups = updates.iter().map(|(group, updates)| (group.clone(), *updates)).collect();
    let preempted = placements.iter().flat_map(|placement| &placement.preempts).copied().collect();
    Box::new(PlanAnnotations { groups, preempted })
}

/// Notes in the evaluation what found no place, and makes the one that waits for it. What only waits for its
/// predecessor to end is no failure, but is waited for alike. An evaluation that has waited before goes back to
/// waiting rather than leave another behind each time.
fn wait_for_capacity(
    done: &mut Evaluation,
    eval: &Evaluation,
    placed: &Placed<'_>,
    snapshot: &Snapshot,
    ctx: &Context<'_>,
    draw: &mut Draw,
) -> Option<Evaluation> {
    done.failed_groups.clone_from(&placed.failed);
    let why = if placed.failed.is_empty() { wording::WAITING_EVAL } else { wording::BLOCKED_EVAL };
    if was_blocked(eval) {
        done.status_description = Some(Text::from(why));
        block(done, placed);
        return None;
    }
    let id = draw.eval_id();
    let mut waiting = successor(eval, EvalTrigger::QueuedAllocs, why, snapshot, ctx, id);
    waiting.failed_groups.clone_from(&done.failed_groups);
    waiting.queued.clone_from(&done.queued);
    block(&mut waiting, placed);
    done.blocked_eval = Some(id);
    Some(waiting)
}

/// Says which changes of the cluster may help.
fn block(eval: &mut Evaluation, placed: &Placed<'_>) {
    eval.status = EvalStatus::Blocked;
    for group in placed.groups.iter().filter(|group| group.has_failed() || group.waits()) {
        group.demands.add_eligibility(&mut eval.class_eligibility);
        eval.escaped_class |= group.demands.escape() || !group.distinct.is_empty();
    }
}

/// For an evaluation whose plans were refused too often: it has failed, and a blocked one tries again when the
/// cluster has calmed down.
pub fn conflicted(
    eval: &Evaluation,
    snapshot: &Snapshot,
    ctx: &Context<'_>,
    draw: &mut Draw,
) -> Vec<Evaluation> {
    let mut failed = finished(eval, snapshot, ctx);
    let mut blocked =
        successor(eval, EvalTrigger::MaxPlanAttempts, wording::CONFLICT_EVAL, snapshot, ctx, draw.eval_id());
    blocked.status = EvalStatus::Blocked;
    blocked.escaped_class = true;
    failed.status = EvalStatus::Failed;
    failed.status_description = Some(Text::from("maximum attempts to commit a plan reached"));
    failed.blocked_eval = Some(blocked.id);
    vec![failed, blocked]
}

/// The evaluation as it leaves the scheduler, without what an earlier run left in it.
fn finished(eval: &Evaluation, snapshot: &Snapshot, ctx: &Context<'_>) -> Evaluation {
    Evaluation {
        status: EvalStatus::Complete,
        status_description: None,
        failed_groups: BTreeMap::new(),
        annotations: None,
        queued: BTreeMap::new(),
        class_eligibility: BTreeMap::new(),
        escaped_class: false,
        snapshot_index: snapshot.index(),
        modify_time: ctx.now,
        ..eval.clone()
    }
}

fn successor(
    eval: &Evaluation,
    trigger: EvalTrigger,
    description: &str,
    snapshot: &Snapshot,
    ctx: &Context<'_>,
    id: EvalId,
) -> Evaluation {
    Evaluation {
        id,
        trigger,
        status: EvalStatus::Pending,
        status_description: Some(Text::from(description)),
        node_id: None,
        wait_until: UnixNanos::ZERO,
        previous_eval: Some(eval.id),
        next_eval: None,
        blocked_eval: None,
        create_time: ctx.now,
        ..finished(eval, snapshot, ctx)
    }
}

/// Whether it stood for placements that were waiting for capacity.
fn was_blocked(eval: &Evaluation) -> bool {
    eval.status == EvalStatus::Blocked || eval.trigger == EvalTrigger::QueuedAllocs
}

/// Whether another evaluation of the job is already set to look again by then.
fn is_planned(eval: &Evaluation, due: UnixNanos, snapshot: &Snapshot, ctx: &Context<'_>) -> bool {
    snapshot.evals_by_job(&eval.job_key()).any(|other| {
        other.status == EvalStatus::Pending && other.wait_until > ctx.now && other.wait_until <= due
    })
}

/// Out of contact is not over: servers go on wanting it.
fn unknown(alloc: &Alloc) -> Stop {
    Stop {
        id: alloc.id,
        description: Text::from(wording::UNKNOWN),
        client_status: Some(ClientStatus::Unknown),
        transition: alloc.transition,
    }
}

fn stop(ending: &Ending<'_>) -> Stop {
    Stop {
        id: ending.alloc.id,
        description: Text::from(ending.why),
        client_status: ending.lost.then_some(ClientStatus::Lost),
        transition: ending.alloc.transition,
    }
}
