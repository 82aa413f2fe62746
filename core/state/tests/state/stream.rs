//! What subscribers are told: every object that changed, once a command, and by what it changed.

use muster_model::{ClientStatus, Eligibility, JobType, NodeStatus};
use muster_state::command::{Command, EvalUpdate, GarbageCollect, IdSeed, NodeEligibilityUpdate};
use muster_state::{StreamRow, Topic};

use crate::build::{
    alloc_id, deregister, eval_id, evaluation, job, join, key, node, node_id, placement, plan, register,
    report, status,
};
use crate::world::World;

/// Topics and types of the last entry, sorted.
fn told(world: &World) -> Vec<(Topic, &'static str)> {
    let mut told: Vec<_> = world.told.iter().map(|event| (event.row.topic(), event.kind)).collect();
    told.sort_unstable();
    told
}

/// A job of one allocation, which its node runs.
fn with_running_job() -> World {
    let mut world = World::default();
    world.ok(join(node(1)));
    world.ok(register(job("a", JobType::Service), 1));
    let mut start = plan("a", 1, 0, world.index());
    start.placements = vec![placement(1, 1, &[])];
    world.plan(start);
    world
}

#[test]
fn each_object_is_told_once_a_command_by_what_was_asked_for() {
    use Topic::{Allocation, Evaluation, Job, Node};
    let mut world = World::default();
    world.apply(vec![join(node(1)), register(job("a", JobType::Service), 1)]);
    let registered = [(Evaluation, "JobRegistered"), (Job, "JobRegistered"), (Node, "NodeRegistration")];
    assert_eq!(told(&world), registered);

    let mut start = plan("a", 1, 0, world.index());
    start.placements = vec![placement(1, 1, &[])];
    start.evals_if_whole =
        vec![evaluation(1, &job("a", JobType::Service), muster_model::EvalStatus::Complete)];
    world.plan(start);
    let placed = [(Allocation, "PlanResult"), (Evaluation, "PlanResult"), (Job, "PlanResult")];
    assert_eq!(told(&world), placed, "the job runs now");
    let row =
        world.told.iter().find(|event| event.row.topic() == Allocation).map(|event| &event.row).unwrap();
    assert_eq!((row.key(), row.filter_keys()), (alloc_id(1).to_string(), vec!["a".to_owned()]));
    assert_eq!(row.namespace().map(ToString::to_string).as_deref(), Some("default"));

    world.ok(report(1, 1, ClientStatus::Running));
    assert_eq!(told(&world), [(Allocation, "AllocationUpdated")]);
    world.ok(report(1, 1, ClientStatus::Running));
    assert_eq!(told(&world), [], "nothing changed");
}

#[test]
fn a_stopped_job_and_a_forgotten_one_are_told_apart() {
    let deleted = |world: &World| {
        let jobs = world.told.iter().filter_map(|event| match &event.row {
            StreamRow::Job { job, deleted } => Some((event.kind, job.stop, *deleted)),
            _ => None,
        });
        jobs.collect::<Vec<_>>()
    };
    let mut world = with_running_job();
    world.ok(deregister("a", false, 2));
    assert_eq!(deleted(&world), [("JobDeregistered", true, false)]);
    world.ok(report(1, 1, ClientStatus::Complete));
    let spec = job("a", JobType::Service);
    let over = [1, 2].map(|number| evaluation(number, &spec, muster_model::EvalStatus::Complete));
    world.ok(Command::EvalUpdate(EvalUpdate { evals: over.into() }));
    assert_eq!(deleted(&world), [("EvaluationUpdated", true, false)], "it is dead now");
    world.ok(Command::GarbageCollect(GarbageCollect {
        evals: vec![eval_id(1), eval_id(2)],
        allocs: vec![alloc_id(1)],
        jobs: vec![key("a")],
        nodes: Vec::new(),
        ..GarbageCollect::default()
    }));
    assert_eq!(deleted(&world), [("JobBatchDeregistered", true, true)]);
    assert_eq!(world.told.len(), 1, "what is collected besides is not told");

    world.ok(register(job("b", JobType::Service), 3));
    world.ok(deregister("b", true, 4));
    assert_eq!(deleted(&world), [("JobDeregistered", true, true)]);
}

#[test]
fn the_life_of_a_node_is_told() {
    use Topic::{Evaluation, Node};
    let mut world = with_running_job();
    let (node_id, seed) = (node_id(1), IdSeed([3; 16]));
    let eligibility = Eligibility::Ineligible;
    world.ok(Command::NodeEligibilityUpdate(NodeEligibilityUpdate { node_id, eligibility, seed }));
    assert_eq!(told(&world), [(Node, "NodeEligibility")]);
    world.ok(status(1, NodeStatus::Down));
    assert_eq!(told(&world), [(Evaluation, "EvaluationUpdated"), (Node, "NodeStreamEvent")]);
}
