//! Evaluations supersede each other.

use muster_ids::{GroupName, UnixNanos};
use muster_model::{EvalStatus, Evaluation, JobType};
use muster_state::State;
use muster_state::command::{Command, Entry, EvalUpdate, FeatureLevelRaise, Refusal};

use crate::build::{eval_id, evaluation, job, register};
use crate::world::World;

fn store(world: &mut World, evals: Vec<Evaluation>) {
    world.ok(Command::EvalUpdate(EvalUpdate { evals }));
}

fn eval(number: u32, status: EvalStatus) -> Evaluation {
    evaluation(number, &job("a", JobType::Service), status)
}

fn status(world: &World, number: u32) -> EvalStatus {
    world.now().eval(eval_id(number)).unwrap().status
}

#[test]
fn a_job_has_at_most_one_blocked_evaluation_the_newest() {
    let mut world = World::default();
    store(&mut world, vec![eval(1, EvalStatus::Blocked)]);
    store(&mut world, vec![eval(2, EvalStatus::Blocked)]);
    assert_eq!((status(&world, 1), status(&world, 2)), (EvalStatus::Canceled, EvalStatus::Blocked));
    let mut finished = eval(3, EvalStatus::Complete);
    finished.blocked_eval = Some(eval_id(4));
    store(&mut world, vec![eval(4, EvalStatus::Blocked), finished]);
    assert_eq!((status(&world, 2), status(&world, 4)), (EvalStatus::Canceled, EvalStatus::Blocked));
    let mut unplaced = eval(5, EvalStatus::Complete);
    unplaced.failed_groups.insert(GroupName::new("web").unwrap(), Default::default());
    store(&mut world, vec![unplaced]);
    assert_eq!(status(&world, 4), EvalStatus::Blocked, "what could not be placed still waits");
    store(&mut world, vec![eval(6, EvalStatus::Complete)]);
    assert_eq!(status(&world, 4), EvalStatus::Canceled);
}

#[test]
fn what_is_over_stays_over() {
    let mut world = World::default();
    store(&mut world, vec![eval(1, EvalStatus::Complete)]);
    store(&mut world, vec![eval(1, EvalStatus::Pending)]);
    assert_eq!(status(&world, 1), EvalStatus::Complete);
    assert!(world.changed.is_empty());
    let mut stolen = evaluation(1, &job("b", JobType::Service), EvalStatus::Complete);
    stolen.priority = 1;
    store(&mut world, vec![stolen]);
    assert!(world.changed.is_empty(), "an evaluation never changes its job");
}

#[test]
fn time_never_runs_backwards_and_the_feature_level_never_falls() {
    let mut world = World::default();
    world.ok(register(job("a", JobType::Service), 1));
    let time = world.now().time();
    let entry = Entry { time: UnixNanos(1), commands: vec![] };
    world.state.apply(world.index().next(), &entry);
    assert_eq!(world.now().time(), time);
    assert_eq!(State::new().snapshot().feature_level(), 1);
    world.ok(Command::FeatureLevelRaise(FeatureLevelRaise { level: 3 }));
    let lower = world.run(Command::FeatureLevelRaise(FeatureLevelRaise { level: 2 }));
    assert_eq!(lower, Err(Refusal::FeatureLevelLower { current: 3, wanted: 2 }));
    assert_eq!(world.now().feature_level(), 3);
}
