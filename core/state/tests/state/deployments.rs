//! Rollouts: what begins, counts, promotes and ends them.

use std::time::Duration;

use muster_ids::Index;
use muster_model::{
    ClientStatus, DeploymentFailure, DeploymentStatus, DeploymentUpdate, EvalTrigger, Job, JobType, Plan,
};
use muster_state::command::{
    Command, DeploymentAllocHealth, DeploymentFail, DeploymentPause, DeploymentPromote, JobStability,
    Refusal, Reply,
};

use muster_state::{RowKind, State};

use crate::build::{
    alloc_id, deployment, deployment_id, deregister, eval_id, job, join, key, node, placement, plan,
    register, verdict,
};
use crate::golden::{fixture, hex, unhex};
use crate::world::{World, rows};

const MINUTES_10: Duration = Duration::from_secs(600);

/// Two nodes and job `a` with version 0, which evaluation 1 rolls out as deployment 1 with this many canaries of the
/// two allocations placed.
fn rolling(canaries: u32) -> World {
    let mut world = World::default();
    world.apply(vec![join(node(1)), join(node(2)), register(job("a", JobType::Service), 1)]);
    let start = begin(&world, canaries);
    assert!(world.plan(start).is_whole());
    world
}

/// The same for version 1 of the job.
fn rolling_on(canaries: u32) -> World {
    let mut world = World::default();
    let first = Job { priority: 49, ..job("a", JobType::Service) };
    world.apply(vec![join(node(1)), join(node(2)), register(first, 1)]);
    world.ok(register(job("a", JobType::Service), 1));
    let start = begin(&world, canaries);
    assert_eq!((start.job_version, world.plan(start).is_whole()), (1, true));
    world
}

fn begin(world: &World, canaries: u32) -> Plan {
    let now = world.now();
    let job = now.job(&key("a")).unwrap();
    let mut plan = plan("a", 1, job.version, now.index());
    let id = deployment_id(1);
    (plan.deployment_id, plan.deployment) = (Some(id), Some(Box::new(deployment(id, job, canaries))));
    for number in 1..=2 {
        let mut one = placement(number, number, &[]);
        (one.in_deployment, one.canary) = (true, number <= canaries);
        plan.placements.push(one);
    }
    plan
}

fn group(world: &World) -> muster_model::DeploymentGroup {
    world.now().deployment(deployment_id(1)).unwrap().groups.values().next().unwrap().clone()
}

fn status_of(world: &World) -> (DeploymentStatus, String) {
    let now = world.now();
    let deployment = now.deployment(deployment_id(1)).unwrap();
    (deployment.status, deployment.status_description.to_string())
}

fn promote() -> Command {
    Command::DeploymentPromote(DeploymentPromote { id: deployment_id(1), groups: None, eval_id: eval_id(50) })
}

fn fail(cause: DeploymentFailure) -> Command {
    Command::DeploymentFail(DeploymentFail { id: deployment_id(1), cause, eval_id: eval_id(51) })
}

fn pause(pause: bool) -> Command {
    Command::DeploymentPause(DeploymentPause { id: deployment_id(1), pause, eval_id: eval_id(52) })
}

#[test]
fn placements_and_verdicts_are_counted_and_each_verdict_moves_the_job_on() {
    let mut world = rolling_on(1);
    let counts = group(&world);
    assert_eq!((counts.placed, counts.placed_canaries.as_slice()), (2, [alloc_id(1)].as_slice()));
    assert_eq!(counts.require_progress_by, world.now().time().after(MINUTES_10));
    let reply = world.ok(verdict(2, 2, 1, ClientStatus::Running, true));
    let Reply::AllocsUpdated { evals, .. } = reply else { panic!("{reply:?}") };
    let eval = world.now().eval(evals[0]).unwrap().clone();
    assert_eq!((eval.trigger, eval.deployment_id), (EvalTrigger::DeploymentWatcher, Some(deployment_id(1))));
    world.ok(verdict(1, 1, 1, ClientStatus::Failed, false));
    let counts = group(&world);
    assert_eq!((counts.healthy, counts.unhealthy), (1, 1));
    assert!(world.now().alloc(alloc_id(1)).unwrap().transition.reschedule, "it may be replaced now");
    world.ok(verdict(2, 2, 1, ClientStatus::Running, false));
    assert_eq!(group(&world).healthy, 1, "the first verdict of a node stands");
}

#[test]
fn a_first_version_is_looked_at_when_all_are_healthy_or_one_is_not() {
    let evals = |reply: Reply| match reply {
        Reply::AllocsUpdated { evals, .. } => evals.len(),
        other => panic!("{other:?}"),
    };
    let mut world = rolling(0);
    assert_eq!(evals(world.ok(verdict(1, 1, 1, ClientStatus::Running, true))), 0);
    assert_eq!(evals(world.ok(verdict(2, 2, 1, ClientStatus::Running, true))), 1);
    let mut world = rolling(0);
    assert_eq!(evals(world.ok(verdict(1, 1, 1, ClientStatus::Running, false))), 1);
}

#[test]
fn a_verdict_for_another_deployment_says_nothing() {
    let mut world = rolling(0);
    world.ok(verdict(1, 1, 9, ClientStatus::Running, true));
    assert_eq!(group(&world).healthy, 0);
    assert_eq!(world.now().alloc(alloc_id(1)).unwrap().healthy(), None);
}

#[test]
fn canaries_are_promoted_when_all_are_healthy_and_not_before() {
    let mut world = rolling(1);
    let Err(refusal) = world.run(promote()) else { panic!("promoted") };
    assert_eq!(
        refusal.to_string(),
        "1 error occurred:\n\t* Task group \"web\" has 0/1 healthy allocations\n\n"
    );
    world.ok(verdict(1, 1, 1, ClientStatus::Running, true));
    world.ok(promote());
    let now = world.now();
    assert!(group(&world).promoted && !now.alloc(alloc_id(1)).unwrap().is_canary());
    assert_eq!(now.eval(eval_id(50)).unwrap().trigger, EvalTrigger::DeploymentWatcher);
    assert_eq!(world.run(promote()), Err(Refusal::DeploymentWithoutCanaries));
}

#[test]
fn a_plan_from_before_a_decision_is_stale_as_a_whole() {
    let mut world = rolling(1);
    let old = world.index();
    world.ok(pause(true));
    let mut late = plan("a", 1, 0, old);
    late.deployment_id = Some(deployment_id(1));
    late.placements = vec![placement(3, 1, &[])];
    let outcome = world.plan(late.clone());
    assert!(!outcome.is_whole() && outcome.placed == 0);
    late.snapshot_index = world.index();
    assert!(world.plan(late).is_whole());
}

#[test]
fn two_plans_do_not_begin_two_rollouts_of_one_version() {
    let mut world = rolling(0);
    let mut again = begin(&world, 0);
    again.placements.clear();
    assert!(!world.plan(again).is_whole());
}

#[test]
fn success_needs_every_group_healthy_and_makes_the_version_stable() {
    let mut world = rolling(0);
    let done = |world: &World| {
        let mut done = plan("a", 1, 0, world.index());
        done.deployment_updates = vec![DeploymentUpdate {
            id: deployment_id(1),
            status: DeploymentStatus::Successful,
            description: "done".into(),
        }];
        done
    };
    world.plan(done(&world));
    assert_eq!(status_of(&world).0, DeploymentStatus::Running, "nobody is healthy yet");
    world.ok(verdict(1, 1, 1, ClientStatus::Running, true));
    world.ok(verdict(2, 2, 1, ClientStatus::Running, true));
    world.plan(done(&world));
    assert_eq!(status_of(&world), (DeploymentStatus::Successful, "done".to_owned()));
    assert!(world.now().job(&key("a")).unwrap().stable);
    assert_eq!(world.run(pause(true)), Err(Refusal::DeploymentOver { verb: "pause".into() }));
}

fn reverting(world: &mut World) {
    let mut begin = begin(world, 0);
    begin.eval_id = eval_id(2);
    begin.deployment.as_mut().unwrap().groups.values_mut().for_each(|group| group.auto_revert = true);
    assert!(world.plan(begin).is_whole());
}

fn changed(env: &str) -> Job {
    let mut job = job("a", JobType::Service);
    job.groups[0].tasks[0].env.insert("V".into(), env.into());
    job
}

#[test]
fn a_failed_rollout_takes_the_job_back_to_its_newest_stable_version() {
    let mut world = World::default();
    world.apply(vec![join(node(1)), join(node(2)), register(job("a", JobType::Service), 1)]);
    world.ok(Command::JobStability(JobStability { key: key("a"), version: 0, stable: true }));
    world.ok(register(changed("1"), 2));
    reverting(&mut world);
    let reply = world.ok(fail(DeploymentFailure::UnhealthyAllocations));
    assert_eq!(reply, Reply::DeploymentUpdated { eval_id: Some(eval_id(51)), reverted_version: Some(0) });
    let now = world.now();
    let job = now.job(&key("a")).unwrap();
    assert_eq!((job.version, job.stable), (2, false));
    assert!(job.same_spec(now.job_version(&key("a"), 0).unwrap()));
    let text = "Failed due to unhealthy allocations - rolling back to job version 0";
    assert_eq!(status_of(&world), (DeploymentStatus::Failed, text.to_owned()));
}

#[test]
fn a_failed_rollout_says_why_there_is_no_way_back() {
    let mut world = World::default();
    world.apply(vec![join(node(1)), join(node(2)), register(job("a", JobType::Service), 1)]);
    world.ok(register(changed("1"), 2));
    reverting(&mut world);
    world.ok(fail(DeploymentFailure::ProgressDeadline));
    let text = "Failed due to progress deadline - no stable job version to auto revert to";
    assert_eq!(status_of(&world), (DeploymentStatus::Failed, text.to_owned()));
    assert_eq!(world.now().job(&key("a")).unwrap().version, 1);
}

#[test]
fn time_on_hold_is_no_lack_of_progress() {
    let mut world = rolling(0);
    world.ok(pause(true));
    assert_eq!(status_of(&world).0, DeploymentStatus::Paused);
    assert!(world.now().eval(eval_id(52)).is_none(), "holding calls for nothing");
    world.ok(pause(false));
    assert_eq!(group(&world).require_progress_by, world.now().time().after(MINUTES_10));
    assert!(world.now().eval(eval_id(52)).is_some());
}

#[test]
fn health_that_operators_tell_is_judged_first() {
    let mut world = rolling(0);
    let tell = |healthy: Vec<_>, unhealthy: Vec<_>| {
        let (id, eval_id) = (deployment_id(1), eval_id(53));
        Command::DeploymentAllocHealth(DeploymentAllocHealth { id, healthy, unhealthy, eval_id })
    };
    assert_eq!(world.run(tell(vec![], vec![])), Err(Refusal::DeploymentHealthEmpty));
    let unknown = alloc_id(77);
    assert_eq!(
        world.run(tell(vec![alloc_id(1), unknown], vec![])),
        Err(Refusal::DeploymentAllocUnknown { alloc: unknown })
    );
    assert_eq!(group(&world).healthy, 0, "all or nothing");
    world.ok(verdict(2, 2, 1, ClientStatus::Running, false));
    world.ok(tell(vec![alloc_id(2)], vec![]));
    assert_eq!((group(&world).healthy, group(&world).unhealthy), (1, 0), "operators may know better");
    world.ok(tell(vec![], vec![alloc_id(1)]));
    assert_eq!(group(&world).unhealthy, 1);
    let text = "Failed due to unhealthy allocations";
    assert_eq!(status_of(&world), (DeploymentStatus::Failed, text.to_owned()));
}

#[test]
fn a_rollout_outlives_its_job_until_it_is_collected() {
    let mut world = rolling(0);
    world.ok(deregister("a", true, 3));
    assert!(world.now().deployment(deployment_id(1)).is_some());
    let collect =
        muster_state::command::GarbageCollect { deployments: vec![deployment_id(1)], ..Default::default() };
    world.ok(Command::GarbageCollect(collect));
    assert!(world.now().deployment(deployment_id(1)).is_none());
    assert_eq!(world.now().deployments_by_job(&key("a")).count(), 0);
    assert!(world.now().index() > Index::ZERO);
}

#[test]
fn commands_and_records_of_rollouts_are_read_and_written_as_ever() {
    let mut world = rolling(1);
    world.ok(pause(true));
    world.ok(pause(false));
    world.ok(verdict(1, 1, 1, ClientStatus::Running, true));
    world.ok(promote());
    let (healthy, unhealthy) = (vec![], vec![alloc_id(2)]);
    let (id, told) = (deployment_id(1), eval_id(53));
    world.ok(Command::DeploymentAllocHealth(DeploymentAllocHealth { id, healthy, unhealthy, eval_id: told }));
    assert!(world.run(fail(DeploymentFailure::Marked)).is_err(), "it has failed already");
    let lines: Vec<String> =
        world.log.iter().map(|(_, entry)| hex(&rmp_serde::to_vec_named(entry).unwrap())).collect();
    let stored = fixture("entries-deployments-v1.hex", &lines);
    let mut state = State::new();
    for (line, index) in stored.iter().zip(1..) {
        let entry = rmp_serde::from_slice(&unhex(line)).unwrap();
        assert!(rmp_serde::to_vec_named(&entry).unwrap() == unhex(line), "entry {index} differs");
        state.apply(Index(index), &entry);
    }
    assert_eq!(state.hash(), world.state.hash(), "the old log leads to another state");
    let kinds = [RowKind::Alloc, RowKind::Deployment, RowKind::JobMarks];
    let records = rows(&world.now()).into_iter().filter(|row| kinds.contains(&row.kind));
    let lines: Vec<String> = records.map(|row| hex(&row.bytes)).collect();
    assert_eq!(fixture("deployments-v1.hex", &lines), lines, "records are written differently than before");
}
