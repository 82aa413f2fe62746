//! Launching periodic jobs: once per instant, whoever asks how often.

use muster_ids::UnixNanos;
use muster_model::{EvalTrigger, Job, JobStatus, JobType, Periodic};
use muster_state::command::{Event, LaunchCause, Reply};

use crate::build::{deregister, eval_id, job, key, launch, periodic, register};
use crate::world::World;

const SECOND: i64 = 1_000_000_000;

fn at(seconds: i64) -> LaunchCause {
    LaunchCause::Schedule(UnixNanos(seconds * SECOND))
}

fn child_of(reply: Reply) -> Option<String> {
    match reply {
        Reply::PeriodicLaunched { child, eval_id } => {
            assert_eq!(child.is_some(), eval_id.is_some());
            child.map(|child| child.to_string())
        }
        other => panic!("{other:?}"),
    }
}

fn world(change: impl FnOnce(&mut Periodic)) -> World {
    let mut world = World::default();
    let mut parent = periodic("q");
    change(parent.periodic.as_mut().unwrap());
    let reply = world.ok(register(parent, 1));
    assert!(matches!(reply, Reply::JobRegistered { eval_id: None, .. }));
    world
}

#[test]
fn an_instant_is_launched_once() {
    let mut world = world(|_| {});
    assert_eq!(world.now().schedule_followed_until(&key("q")), Some(world.now().time()));
    let child = child_of(world.ok(launch("q", at(60), 2))).unwrap();
    assert_eq!(child, "q/periodic-60");
    assert!(matches!(
        &*world.events,
        [Event::PeriodicLaunched(_), Event::JobRegistered(_), Event::EvalUpdated(_)]
    ));
    for (seconds, eval) in [(60, 3), (59, 4), (1, 5)] {
        let refusal = world.run(launch("q", at(seconds), eval)).unwrap_err();
        assert_eq!(refusal.to_string(), "job \"q\" was launched for this instant before");
    }
    let now = world.now();
    let stored = now.job(&key(&child)).unwrap();
    assert_eq!((stored.periodic.is_none(), stored.status), (true, JobStatus::Pending));
    assert_eq!(now.eval(eval_id(2)).unwrap().trigger, EvalTrigger::PeriodicJob);
    assert_eq!((now.children(&key("q")).len(), now.evals().count()), (1, 1));
    assert_eq!(now.schedule_followed_until(&key("q")), Some(UnixNanos(60 * SECOND)));
}

#[test]
fn a_launch_that_would_overlap_is_left_out_for_good() {
    let mut world = world(|periodic| periodic.prohibit_overlap = true);
    let first = child_of(world.ok(launch("q", at(60), 2))).unwrap();
    assert_eq!(child_of(world.ok(launch("q", at(120), 3))), None);
    assert!(world.run(launch("q", at(120), 4)).is_err(), "it is not tried again");
    // Somebody who asks for a run gets one.
    assert!(child_of(world.ok(launch("q", LaunchCause::Force, 5))).is_some());
    for child in world.now().children(&key("q")) {
        world.ok(deregister(child.id.as_str(), true, 6));
    }
    assert!(world.now().job(&key(&first)).is_none());
    assert!(child_of(world.ok(launch("q", at(180), 7))).is_some());
}

#[test]
fn forced_runs_are_as_many_as_were_asked_for() {
    let mut world = world(|_| {});
    world.apply(vec![launch("q", LaunchCause::Force, 2), launch("q", LaunchCause::Force, 3)]);
    let now = world.now();
    assert_eq!(now.children(&key("q")).len(), 2);
    let seconds = now.time().0 / SECOND;
    assert!(now.job(&key(&format!("q/periodic-{seconds}"))).is_some());
    assert_eq!(now.schedule_followed_until(&key("q")), Some(UnixNanos(SECOND)), "the schedule goes on");
}

#[test]
fn what_follows_no_schedule_is_not_launched() {
    let mut world = world(|periodic| periodic.enabled = false);
    let text =
        |world: &mut World, id: &str| world.run(launch(id, LaunchCause::Force, 9)).unwrap_err().to_string();
    assert_eq!(text(&mut world, "q"), "can't force launch job \"q\": its `periodic` block is not enabled");
    assert_eq!(world.now().job(&key("q")).unwrap().status, JobStatus::Running);
    world.ok(register(job("plain", JobType::Batch), 2));
    assert_eq!(text(&mut world, "plain"), "can't force launch non-periodic job");
    assert_eq!(text(&mut world, "nobody"), "job not found");
    world.ok(register(periodic("q"), 3));
    assert_eq!(world.now().scheduled_jobs().count(), 1);
    let reply = world.ok(deregister("q", false, 4));
    assert!(matches!(reply, Reply::JobDeregistered { eval_id: None, .. }));
    assert_eq!(text(&mut world, "q"), "can't force launch job \"q\": it is stopped");
    assert_eq!((world.now().scheduled_jobs().count(), world.now().evals_by_job(&key("q")).count()), (0, 0));
}

#[test]
fn what_was_missed_while_stopped_is_not_made_up_for() {
    let mut world = world(|_| {});
    world.ok(launch("q", at(60), 2));
    world.ok(deregister("q", false, 3));
    world.ok(register(periodic("q"), 4));
    assert_eq!(world.now().schedule_followed_until(&key("q")), Some(world.now().time()));
    let same = world.ok(register(periodic("q"), 5));
    assert!(matches!(same, Reply::JobRegistered { eval_id: None, .. }));
    assert!(world.now().schedule_followed_until(&key("q")) < Some(world.now().time()), "nothing changed");
}

#[test]
fn periodic_and_other_jobs_do_not_become_each_other() {
    let mut world = world(|_| {});
    let refusal = world.run(register(job("q", JobType::Batch), 2)).unwrap_err();
    assert_eq!(refusal.to_string(), "cannot update periodic job to being non-periodic");
    world.ok(register(job("b", JobType::Batch), 3));
    let refusal = world.run(register(Job { id: key("b").id, ..periodic("q") }, 4)).unwrap_err();
    assert_eq!(refusal.to_string(), "cannot update non-periodic job to being periodic");
}

#[test]
fn a_parent_of_sysbatch_runs_is_not_placed_on_new_nodes() {
    let mut world = World::default();
    world.ok(register(Job { kind: JobType::Sysbatch, ..periodic("q") }, 1));
    world.ok(crate::build::join(crate::build::node(1)));
    assert_eq!(world.now().evals().count(), 0);
}
