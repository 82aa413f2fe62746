//! `job plan`: the job is registered and scheduled in a copy of the state that nobody else sees.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use muster_acl::Grant;
use muster_api::views::{AllocListStub, JobPlanRequest, JobPlanResponse, PlanAnnotationsView, rfc3339};
use muster_cron::{Schedule, Zone};
use muster_ids::{EvalId, GroupName, JobId, UnixNanos};
use muster_jobspec::diff::{DiffType, JobDiff, TaskGroupDiff};
use muster_model::{DesiredUpdates, Job, JobKey, Plan};
use muster_scheduler::{Context, Overlay, schedule, task_runs_alike};
use muster_state::Snapshot;
use muster_state::command::{Command, Entry, JobRegister};

use super::jobs::{decide, namespace, warning_text};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;

pub(crate) async fn plan(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let mut request: JobPlanRequest = body::decode(&write.body)?;
    let input = request.job.take().ok_or_else(|| ApiError::bad_request("Job must be specified"))?;
    match input.id.as_deref() {
        None | Some("") => return Err(ApiError::bad_request("Job must have a valid ID")),
        Some(id) if id != write.param(0) => return Err(ApiError::bad_request("Job ID does not match")),
        Some(_) => {}
    }
    let namespace = namespace(write, &input, &request.namespace)?;
    let decided = decide(write, input, &namespace)?;
    let (remarks, job) = (decided.remarks(), decided.job);
    let shared = write.shared;
    let given = Given {
        snapshot: shared.consensus.snapshot(),
        now: shared.now(),
        eval_id: shared.ids.eval(),
        seed: shared.ids.bytes(),
        wants_diff: request.diff,
        local_zone: shared.local_zone.clone(),
        grant: write.grant.clone(),
    };
    // Scheduling may visit every node: not on a thread that serves others.
    let response = tokio::task::spawn_blocking(move || dry_run(&given, job)).await;
    let mut response = response.map_err(|error| ApiError::internal(error.to_string()))??;
    response.warnings = warning_text(&remarks);
    body::json(&response, write.options.pretty)
}

/// What a dry run is made from.
struct Given {
    snapshot: Snapshot,
    now: UnixNanos,
    eval_id: EvalId,
    seed: [u8; 16],
    wants_diff: bool,
    local_zone: Zone,
    /// The caller's, by which it is told of other jobs' work.
    grant: Grant,
}

fn dry_run(given: &Given, job: Job) -> Result<JobPlanResponse, ApiError> {
    let Given { snapshot, now, eval_id, seed, wants_diff, local_zone, grant } = given;
    let (key, next_launch) = (job.key(), next_launch(&job, *now, local_zone));
    let existing = snapshot.job(&key).cloned();
    let job_modify_index = existing.as_ref().map_or(0, |job| job.job_modify_index.0);
    let register =
        JobRegister { job, eval_id: *eval_id, enforce_index: None, submission: None, eval_priority: None };
    let command = Command::JobRegister(Box::new(register));
    let (applied, after) = snapshot.after(&Entry { time: *now, commands: vec![command] });
    if let Some(Err(refusal)) = applied.replies.into_iter().next() {
        return Err(refusal.into());
    }
    let after = evaluated(after, &key, *eval_id, *now)?;
    let eval = after.eval(*eval_id).ok_or_else(|| ApiError::internal("the dry run made no evaluation"))?;
    let overlay = Overlay::default();
    let begun = Instant::now();
    let mut scheduled = schedule(eval, &after, &Context::new(*now, *seed, &overlay));
    scheduled.took(begun.elapsed());
    let muster_scheduler::Schedule { plan, evals, updates } = scheduled;
    let new = after.job(&key);
    let old = existing.as_deref().filter(|job| !job.stop);
    let diff = (*wants_diff).then(|| {
        let mut diff = muster_jobspec::diff::diff(old, new.map(Arc::as_ref));
        annotate(&mut diff, old, new.map(Arc::as_ref), &updates);
        diff
    });
    let groups = updates.iter().map(|(group, updates)| (group.to_string(), (*updates).into())).collect();
    let failed = evals.first().map(|eval| &eval.failed_groups).into_iter().flatten();
    Ok(JobPlanResponse {
        annotations: PlanAnnotationsView {
            groups,
            preempted_allocs: preempted(&after, plan.as_ref(), grant),
        },
        failed_groups: failed.map(|(group, metric)| (group.to_string(), metric.into())).collect(),
        job_modify_index,
        diff,
        next_periodic_launch: rfc3339(next_launch),
        index: snapshot.index().0,
        known_leader: true,
        ..JobPlanResponse::default()
    })
}

/// What would have to make room, as far as the caller may know of it.
fn preempted(snapshot: &Snapshot, plan: Option<&Plan>, grant: &Grant) -> Option<Vec<AllocListStub>> {
    let ids = plan.into_iter().flat_map(|plan| &plan.placements).flat_map(|placement| &placement.preempts);
    let allocs = ids.filter_map(|id| snapshot.alloc(*id));
    let allocs = allocs.filter(|alloc| grant.allows_namespace(&alloc.job.namespace));
    let stubs: Vec<_> = allocs
        .map(|alloc| AllocListStub::new(alloc, snapshot.node(alloc.node_id).map(Arc::as_ref), false, false))
        .collect();
    (!stubs.is_empty()).then_some(stubs)
}

/// A job that runs as children only has no evaluation: what one child of it would come to is looked at instead.
fn evaluated(after: Snapshot, key: &JobKey, eval_id: EvalId, now: UnixNanos) -> Result<Snapshot, ApiError> {
    let Some(parent) = after.job(key).filter(|job| job.makes_children()) else { return Ok(after) };
    let id = JobId::new(format!("{}/plan", parent.id))?;
    let job = Job { id, periodic: None, parameterized: None, ..Job::clone(parent) };
    let register = JobRegister { job, eval_id, enforce_index: None, submission: None, eval_priority: None };
    let commands = vec![Command::JobRegister(Box::new(register))];
    Ok(after.after(&Entry { time: now, commands }).1)
}

/// When the job would next start, were it registered now; zero when it follows no schedule.
fn next_launch(job: &Job, now: UnixNanos, local: &Zone) -> UnixNanos {
    let periodic = job.periodic.as_deref().filter(|_| job.follows_schedule());
    let schedule = periodic.and_then(|periodic| Schedule::new(periodic, local).ok());
    schedule.and_then(|schedule| schedule.next_after(now)).unwrap_or(UnixNanos::ZERO)
}

/// Says at each difference what it does to allocations.
fn annotate(
    diff: &mut JobDiff,
    old: Option<&Job>,
    new: Option<&Job>,
    updates: &BTreeMap<GroupName, DesiredUpdates>,
) {
    for group in &mut diff.task_groups {
        let counts = updates.iter().find(|(name, _)| name.as_str() == group.name).map(|(_, counts)| counts);
        group.updates = counts.map(|counts| words(*counts)).unwrap_or_default();
        annotate_count(group);
        for task in &mut group.tasks {
            let side = |job: Option<&'_ Job>| {
                job.and_then(|job| job.group(&group.name)?.1.task(&task.name).cloned())
            };
            let word = match (task.kind, side(old), side(new)) {
                (DiffType::Added, ..) => "forces create",
                (DiffType::Deleted, ..) => "forces destroy",
                (DiffType::Edited, Some(old), Some(new)) if task_runs_alike(&old, &new) => {
                    "forces in-place update"
                }
                (DiffType::Edited, ..) => "forces create/destroy update",
                (DiffType::None, ..) => continue,
            };
            task.annotations = vec![word.to_owned()];
        }
    }
}

fn annotate_count(group: &mut TaskGroupDiff) {
    for field in group.fields.iter_mut().filter(|field| field.name == "Count") {
        let (old, new) = (field.old.parse::<u64>().unwrap_or(0), field.new.parse::<u64>().unwrap_or(0));
        if old != new {
            let word = if old < new { "forces create" } else { "forces destroy" };
            field.annotations = vec![word.to_owned()];
        }
    }
}

fn words(counts: DesiredUpdates) -> BTreeMap<String, u64> {
    let all = [
        ("ignore", counts.ignore),
        ("create", counts.place),
        ("destroy", counts.stop),
        ("migrate", counts.migrate),
        ("in-place update", counts.in_place),
        ("create/destroy update", counts.destructive),
    ];
    let named = all.into_iter().filter(|(_, count)| *count > 0);
    named.map(|(word, count)| (word.to_owned(), count.into())).collect()
}
