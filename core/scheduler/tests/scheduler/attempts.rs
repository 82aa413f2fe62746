//! What became of an allocation's failures, as it is told to those who ask.

use std::time::Duration;

use muster_ids::NodeId;
use muster_model::{Alloc, ClientStatus, Disconnect, EvalStatus, EvalTrigger, JobType, NodeStatus};
use muster_scheduler::rescheduling;

use crate::world::{self, World, key, live, node};

/// Evaluates `web` and does what its plan says.
fn evaluate(world: &mut World) {
    if let Some(eval) = world.next_eval(&key("web")) {
        let schedule = world.schedule(&eval);
        world.commit(&schedule);
    }
    world.obey();
}

fn newest(world: &World) -> Alloc {
    let snapshot = world.snapshot();
    let allocs = snapshot.allocs_by_job(&key("web")).max_by_key(|alloc| (alloc.create_index, alloc.id));
    Alloc::clone(allocs.unwrap())
}

fn fail(world: &mut World) {
    world.report(&newest(world), ClientStatus::Failed);
}

#[test]
fn attempts_are_told_with_where_and_when_and_what_comes_next() {
    let mut world = World::new();
    for name in ["a", "b"] {
        world.register_node(node(name));
    }
    world.register_job(world::job("web", JobType::Service));
    evaluate(&mut world);
    let first = newest(&world);
    assert_eq!(rescheduling(&first, &world.snapshot()), muster_model::Rescheduling::default());

    fail(&mut world);
    evaluate(&mut world);
    let failed = newest(&world);
    let told = rescheduling(&failed, &world.snapshot());
    let snapshot = world.snapshot();
    let waiting = snapshot.evals().find(|eval| eval.status == EvalStatus::Pending).unwrap();
    assert_eq!((told.follow_up, told.unplaced, &*told.events), (Some(waiting.id), false, &[][..]));
    assert!(waiting.wait_until > world.now);

    world.pass(Duration::from_secs(30));
    evaluate(&mut world);
    let second = newest(&world);
    let told = rescheduling(&second, &world.snapshot());
    let [event] = &*told.events else { panic!("{told:?}") };
    assert_eq!((event.previous, event.previous_node), (failed.id, failed.node_id));
    assert_eq!((event.time, event.delay), (second.create_time, Duration::from_secs(30)));
    assert_eq!(told.follow_up, None, "it runs");
    let snapshot = world.snapshot();
    let replaced = snapshot.alloc(failed.id).unwrap();
    assert_eq!((replaced.next, rescheduling(replaced, &snapshot).follow_up), (Some(second.id), None));

    fail(&mut world);
    evaluate(&mut world);
    world.pass(Duration::from_secs(60));
    evaluate(&mut world);
    let third = newest(&world);
    let delays: Vec<_> =
        rescheduling(&third, &world.snapshot()).events.iter().map(|event| event.delay.as_secs()).collect();
    assert_eq!(delays, [30, 60]);
}

#[test]
fn of_endless_attempts_the_newest_five_are_told() {
    let mut world = World::new();
    world.register_node(node("a"));
    world.register_job(world::job("web", JobType::Service));
    evaluate(&mut world);
    let mut nodes: Vec<NodeId> = Vec::new();
    for _ in 0..8 {
        nodes.push(newest(&world).node_id);
        fail(&mut world);
        evaluate(&mut world);
        world.pass(Duration::from_secs(3600));
        evaluate(&mut world);
    }
    let told = rescheduling(&newest(&world), &world.snapshot());
    let delays: Vec<_> = told.events.iter().map(|event| event.delay.as_secs()).collect();
    assert_eq!(delays, [240, 480, 960, 1920, 3600]);
}

#[test]
fn that_nobody_can_take_it_is_told() {
    let mut world = World::new();
    world.register_node(node("a"));
    world.register_job(world::job("web", JobType::Service));
    evaluate(&mut world);
    fail(&mut world);
    evaluate(&mut world);
    world.node_eligibility(world::node_id("a"), muster_model::Eligibility::Ineligible);
    world.pass(Duration::from_secs(31));
    evaluate(&mut world);
    let told = rescheduling(&newest(&world), &world.snapshot());
    assert!(told.unplaced && told.follow_up.is_none(), "{told:?}");
    assert!(live(&world.snapshot(), &key("web")).is_empty());
    world.node_status(world::node_id("a"), NodeStatus::Down);
    assert!(!world.snapshot().allocs().any(|alloc| alloc.next.is_some()));
}

#[test]
fn what_is_out_of_contact_names_the_evaluation_that_gives_it_up() {
    let mut world = World::new();
    world.register_node(node("a"));
    let mut job = world::job("web", JobType::Service);
    job.groups[0].disconnect = Some(Box::new(Disconnect {
        lost_after: Duration::from_secs(60),
        replace: false,
        ..Disconnect::default()
    }));
    world.register_job(job);
    evaluate(&mut world);
    world.node_status(world::node_id("a"), NodeStatus::Disconnected);
    evaluate(&mut world);
    let unknown = newest(&world);
    assert_eq!(unknown.client, ClientStatus::Unknown);
    let snapshot = world.snapshot();
    let named = rescheduling(&unknown, &snapshot).follow_up.and_then(|id| snapshot.eval(id)).unwrap();
    assert_eq!((named.trigger, named.status), (EvalTrigger::MaxDisconnectTimeout, EvalStatus::Pending));
    assert_eq!(named.wait_until, unknown.unknown_since().after(Duration::from_secs(60)));

    world.node_status(world::node_id("a"), NodeStatus::Ready);
    world.obey();
    assert_eq!(rescheduling(&newest(&world), &world.snapshot()).follow_up, None, "it is spoken for again");
}
