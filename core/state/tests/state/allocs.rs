//! What nodes report and operators stop.

use muster_model::{ClientStatus, DesiredTransition, EvalTrigger, JobType};
use muster_state::IdPrefix;
use muster_state::command::{AllocStop, Command, Refusal, Reply};

use crate::build::{
    alloc_id, deregister, eval_id, job, join, key, node, node_id, placement, plan, register, report, stop,
};
use crate::world::World;

/// One node that runs allocations 1 and 2 of job `a`.
fn running(kind: JobType) -> World {
    let mut world = World::default();
    world.apply(vec![join(node(1)), join(node(2)), register(job("a", kind), 1)]);
    let mut start = plan("a", 1, 0, world.index());
    start.placements = vec![placement(1, 1, &[]), placement(2, 1, &[])];
    world.plan(start);
    world
}

fn ended(world: &mut World, alloc: u32, status: ClientStatus) -> usize {
    match world.ok(report(1, alloc, status)) {
        Reply::AllocsUpdated { evals, .. } => evals.len(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_the_owner_reports() {
    let mut world = running(JobType::Service);
    let reply = world.ok(report(2, 1, ClientStatus::Failed));
    assert_eq!(reply, Reply::AllocsUpdated { evals: vec![], unknown: vec![alloc_id(1)] });
    assert!(world.changed.is_empty());
    assert_eq!(world.run(report(3, 1, ClientStatus::Failed)), Err(Refusal::NodeNotFound));
}

#[test]
fn an_end_that_matters_makes_one_evaluation() {
    use ClientStatus::{Complete, Failed};
    use JobType::{Batch, Service, Sysbatch, System};
    let cases = [
        (Service, Failed, 1),
        (Service, Complete, 1),
        (Batch, Failed, 1),
        (Batch, Complete, 0),
        (System, Failed, 0),
        (System, Complete, 1),
        (Sysbatch, Failed, 0),
        (Sysbatch, Complete, 0),
    ];
    for (kind, status, evals) in cases {
        let mut world = running(kind);
        assert_eq!(ended(&mut world, 1, ClientStatus::Running), 0);
        assert_eq!(ended(&mut world, 1, status), evals, "{kind} {status:?}");
        assert_eq!(ended(&mut world, 1, status), 0, "said before");
        assert_eq!(ended(&mut world, 1, ClientStatus::Running), 0);
        assert_eq!(world.now().alloc(alloc_id(1)).unwrap().client, status, "what ended stays ended");
    }
}

#[test]
fn an_end_that_was_wanted_makes_none() {
    let mut world = running(JobType::Service);
    let mut end = plan("a", 1, 0, world.index());
    end.stops = vec![stop(1, None)];
    world.plan(end);
    assert_eq!(ended(&mut world, 1, ClientStatus::Failed), 0);
    world.ok(deregister("a", false, 2));
    assert_eq!(ended(&mut world, 2, ClientStatus::Failed), 0);
}

#[test]
fn an_operators_stop_marks_the_allocation_and_asks_for_another() {
    let mut world = running(JobType::Service);
    let transition = DesiredTransition { migrate: true, ..DesiredTransition::default() };
    let command = AllocStop { id: alloc_id(1), transition, eval_id: eval_id(9) };
    assert_eq!(world.ok(Command::AllocStop(command.clone())), Reply::AllocStopped { eval_id: eval_id(9) });
    let now = world.now();
    assert!(now.alloc(alloc_id(1)).unwrap().transition.migrate);
    assert_eq!(now.eval(eval_id(9)).unwrap().trigger, EvalTrigger::AllocStop);
    let missing = AllocStop { id: alloc_id(7), ..command };
    assert_eq!(world.run(Command::AllocStop(missing)), Err(Refusal::AllocNotFound));
}

#[test]
fn a_stop_without_delay_reaches_the_nodes() {
    let mut world = running(JobType::Service);
    let Command::JobDeregister(mut command) = deregister("a", false, 2) else { panic!() };
    command.no_shutdown_delay = true;
    world.ok(Command::JobDeregister(command));
    let now = world.now();
    assert!(
        now.allocs()
            .all(|alloc| alloc.transition.no_shutdown_delay && alloc.alloc_modify_index == now.index())
    );
}

#[test]
fn allocations_are_found_by_every_index_and_by_prefix() {
    let world = running(JobType::Service);
    let now = world.now();
    assert_eq!(now.allocs_by_job(&key("a")).count(), 2);
    assert_eq!((now.allocs_by_node(node_id(1)).count(), now.allocs_by_node(node_id(2)).count()), (2, 0));
    assert_eq!(now.allocs_by_eval(eval_id(1)).count(), 2);
    let found = |text: &str| now.allocs_with_prefix(&IdPrefix::parse(text).unwrap()).count();
    assert_eq!((found("000000"), found("00000001-0"), found("ff")), (2, 1, 0));
    assert_eq!(now.nodes_with_prefix(&IdPrefix::parse("00000002").unwrap()).count(), 1);
    assert_eq!(now.evals_with_prefix(&IdPrefix::parse("").unwrap()).count(), 1);
}
