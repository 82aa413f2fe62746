//! Garbage collection forgets only what is over.

use muster_model::{ClientStatus, EvalStatus, JobType, NodeStatus};
use muster_state::WatchKey;
use muster_state::command::{Command, EvalUpdate, GarbageCollect, Reply};

use crate::build::{
    alloc_id, deregister, eval_id, evaluation, job, join, key, node, node_id, placement, plan, register,
    report, status,
};
use crate::world::World;

fn collect_all() -> Command {
    Command::GarbageCollect(GarbageCollect {
        evals: vec![eval_id(1), eval_id(2)],
        allocs: vec![alloc_id(1)],
        jobs: vec![key("a")],
        nodes: vec![node_id(1)],
        ..GarbageCollect::default()
    })
}

#[test]
fn each_object_goes_when_nothing_needs_it() {
    let mut world = World::default();
    let nothing = Reply::Collected { evals: 0, allocs: 0, jobs: 0, nodes: 0 };
    world.apply(vec![join(node(1)), register(job("a", JobType::Service), 1)]);
    let mut start = plan("a", 1, 0, world.index());
    start.placements = vec![placement(1, 1, &[])];
    world.plan(start);
    world.ok(deregister("a", false, 2));
    assert_eq!(world.ok(collect_all()), nothing, "everything is in use");
    assert!(world.events.is_empty());
    let spec = job("a", JobType::Service);
    let over = [1, 2].map(|number| evaluation(number, &spec, EvalStatus::Complete));
    world.ok(Command::EvalUpdate(EvalUpdate { evals: over.into() }));
    let some = Reply::Collected { evals: 1, allocs: 0, jobs: 0, nodes: 0 };
    assert_eq!(world.ok(collect_all()), some, "evaluation 1 is named by the allocation");
    world.ok(report(1, 1, ClientStatus::Complete));
    world.ok(status(1, NodeStatus::Down));
    let all = Reply::Collected { evals: 1, allocs: 1, jobs: 1, nodes: 1 };
    assert_eq!(world.ok(collect_all()), all);
    let now = world.now();
    assert!(now.jobs().next().is_none() && now.nodes().next().is_none() && now.allocs().next().is_none());
    assert_eq!(now.watch_index(&WatchKey::Alloc(alloc_id(1))), now.index(), "a deletion is a change");
    assert_eq!(now.watch_index(&WatchKey::JobAllocs(key("a"))), now.index());
    assert_eq!(world.ok(collect_all()), nothing);
}

#[test]
fn a_service_that_was_not_stopped_is_never_collected() {
    let mut world = World::default();
    world.apply(vec![register(job("a", JobType::Service), 1), register(job("b", JobType::Batch), 2)]);
    let done = [("a", JobType::Service, 1), ("b", JobType::Batch, 2)]
        .map(|(id, kind, number)| evaluation(number, &job(id, kind), EvalStatus::Complete));
    world.ok(Command::EvalUpdate(EvalUpdate { evals: done.into() }));
    let jobs = vec![key("a"), key("b")];
    world.ok(Command::GarbageCollect(GarbageCollect { jobs, ..GarbageCollect::default() }));
    assert_eq!(world.now().jobs().map(|job| job.key()).collect::<Vec<_>>(), [key("a")]);
}
