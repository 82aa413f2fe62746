//! An allocation takes the place of others: what the books say while they have not ended, and who may be made to.

use muster_model::{
    ClientStatus, DesiredStatus, EvalStatus, EvalTrigger, Job, JobType, Placement, PlanOutcome, Resources,
};
use muster_state::command::Command;
use muster_state::{State, WatchKey};

use crate::build::{alloc_id, job, join, key, node, node_id, placement, plan, register, report, stop};
use crate::world::{World, rows};

fn important(id: &str, priority: u16) -> Job {
    Job { priority, ..job(id, JobType::Service) }
}

/// A node full of `low` (priority 20, allocations 1 to 3), of which allocation 1 holds port 80; and a job `high`.
fn full_node() -> World {
    let mut world = World::default();
    world.apply(vec![join(node(1)), join(node(2))]);
    world.apply(vec![register(important("low", 20), 1), register(important("high", 70), 2)]);
    let mut start = plan("low", 1, 0, world.index());
    start.placements = vec![placement(1, 1, &[80]), placement(2, 1, &[]), placement(3, 1, &[])];
    assert_eq!(world.plan(start).placed, 3);
    for alloc in 1..=3 {
        world.ok(report(1, alloc, ClientStatus::Running));
    }
    world
}

fn taking(alloc: u32, ports: &[u16], victims: &[u32]) -> Placement {
    let preempts = victims.iter().map(|victim| alloc_id(*victim)).collect();
    Placement { preempts, ..placement(alloc, 1, ports) }
}

fn place(world: &mut World, placements: Vec<Placement>) -> PlanOutcome {
    let mut made = plan("high", 2, 0, world.index());
    made.placements = placements;
    world.plan(made)
}

fn used(world: &World) -> Resources {
    let now = world.now();
    now.columns().get(now.columns().slot_of(node_id(1)).unwrap()).unwrap().used()
}

fn withheld(world: &World, alloc: u32) -> bool {
    let now = world.now();
    now.is_withheld(now.alloc(alloc_id(alloc)).unwrap())
}

#[test]
fn the_place_is_taken_over_at_once_and_used_when_it_is_free() {
    let mut world = full_node();
    let before = used(&world);
    assert_eq!(place(&mut world, vec![taking(9, &[80], &[1])]).placed, 1);
    let now = world.now();
    let (victim, taker) = (now.alloc(alloc_id(1)).unwrap(), now.alloc(alloc_id(9)).unwrap());
    assert_eq!((victim.desired, victim.preempted_by()), (DesiredStatus::Evict, Some(alloc_id(9))));
    assert_eq!(taker.preempts(), [alloc_id(1)]);
    let said = victim.desired_description.as_deref().unwrap();
    assert_eq!(said, format!("Preempted by alloc ID {}", alloc_id(9)));
    let cause = now.evals_by_job(&key("low")).find(|eval| eval.trigger == EvalTrigger::Preemption).unwrap();
    assert_eq!((cause.status, cause.priority), (EvalStatus::Pending, 20));
    assert_eq!(used(&world), before, "both have one place");
    assert!(withheld(&world, 9));

    world.ok(report(1, 1, ClientStatus::Complete));
    assert!(world.changed.contains(&WatchKey::NodeAllocs(node_id(1))), "the node hears of it now");
    assert!(!withheld(&world, 9));
    assert_eq!(used(&world), before);
    world.ok(report(1, 9, ClientStatus::Running));
    world.ok(report(1, 9, ClientStatus::Failed));
    assert!(used(&world).cpu_mhz < before.cpu_mhz);
}

#[test]
fn who_waits_for_room_may_be_updated_meanwhile() {
    let mut world = full_node();
    place(&mut world, vec![taking(9, &[80], &[1])]);
    let seen = world.index();
    // On the node as it was seen, and once it has changed.
    for changed in [false, true] {
        if changed {
            world.ok(report(1, 2, ClientStatus::Complete));
        }
        let before = used(&world);
        let mut again = plan("high", 2, 0, seen);
        again.placements = vec![placement(9, 1, &[80])];
        assert_eq!(world.plan(again).placed, 1, "it keeps the port that it waits for");
        assert_eq!((used(&world), withheld(&world, 9)), (before, true));
    }
}

#[test]
fn until_the_last_has_ended_nobody_gets_what_is_more_than_needed() {
    let mut world = full_node();
    let before = world.index();
    place(&mut world, vec![taking(9, &[], &[1, 2])]);
    assert_eq!(used(&world).cpu_mhz, 900, "two still run where one will");
    let mut other = plan("low", 1, 0, before);
    other.placements = vec![placement(4, 1, &[])];
    assert_eq!(world.plan(other.clone()).refused, [alloc_id(4)]);
    world.ok(report(1, 1, ClientStatus::Complete));
    assert_eq!((used(&world).cpu_mhz, withheld(&world, 9)), (600, true));
    other.snapshot_index = world.index();
    assert_eq!(world.plan(other).placed, 1, "what is over is free");
    world.ok(report(1, 2, ClientStatus::Complete));
    assert_eq!((used(&world).cpu_mhz, withheld(&world, 9)), (900, false));
}

#[test]
fn who_waits_for_room_may_be_told_to_end_and_may_have_to_make_room() {
    let mut world = full_node();
    place(&mut world, vec![taking(9, &[80], &[1])]);
    world.ok(register(important("highest", 90), 3));
    let mut top = plan("highest", 3, 0, world.index());
    top.placements = vec![taking(10, &[80], &[9])];
    assert_eq!(world.plan(top).placed, 1);
    assert_eq!(used(&world).cpu_mhz, 900);
    assert!(withheld(&world, 9) && withheld(&world, 10));
    world.ok(report(1, 1, ClientStatus::Complete));
    assert!(!withheld(&world, 9) && withheld(&world, 10), "the node is told of it only to say that it ended");
    world.ok(report(1, 9, ClientStatus::Complete));
    assert!(!withheld(&world, 10));
    assert_eq!(used(&world).cpu_mhz, 900);
}

#[test]
fn only_wanted_work_of_far_less_important_jobs_on_the_node_makes_room() {
    let mut world = full_node();
    let refuse = |world: &mut World, what: &str, placement: Placement| {
        let outcome = place(world, vec![placement]);
        assert_eq!((outcome.placed, outcome.refused.len()), (0, 1), "{what}");
        let now = world.now();
        assert!(now.allocs().all(|alloc| alloc.preemption.is_none()), "{what}: somebody was evicted");
    };
    world.ok(register(important("near", 61), 4));
    let mut near = plan("near", 4, 0, world.index());
    near.placements = vec![placement(20, 2, &[])];
    world.plan(near);
    let elsewhere = Placement { preempts: vec![alloc_id(20)], ..placement(9, 1, &[]) };
    refuse(&mut world, "nine lower, and on another node", elsewhere);
    let nine = Placement { preempts: vec![alloc_id(20)], node_id: node_id(2), ..placement(9, 2, &[]) };
    refuse(&mut world, "nine lower", nine);
    refuse(&mut world, "too little", taking(9, &[80], &[2]));
    let mut stopped = plan("low", 1, 0, world.index());
    stopped.stops = vec![stop(1, None)];
    world.plan(stopped);
    refuse(&mut world, "told to end before", taking(9, &[80], &[1]));
    let own = Command::PlanApply(Box::new({
        let mut own = plan("low", 1, 0, world.index());
        own.placements = vec![taking(9, &[], &[2])];
        own
    }));
    let muster_state::command::Reply::PlanApplied(outcome) = world.ok(own) else { panic!("no outcome") };
    assert_eq!(outcome.refused, [alloc_id(9)], "its own job");
    let outcome = place(&mut world, vec![taking(9, &[], &[2]), taking(10, &[], &[2])]);
    assert_eq!((outcome.placed, outcome.refused), (1, vec![alloc_id(10)]), "nobody makes room twice");
    assert_eq!(outcome.crowded, [], "the node is not to blame");
}

#[test]
fn who_ended_meanwhile_is_no_victim() {
    let mut world = full_node();
    let snapshot = world.index();
    world.ok(report(1, 1, ClientStatus::Complete));
    let mut made = plan("high", 2, 0, snapshot);
    made.placements = vec![taking(9, &[80], &[1])];
    assert_eq!(world.plan(made).placed, 1);
    assert!(!withheld(&world, 9));
    assert!(world.now().allocs().all(|alloc| alloc.preemption.is_none()));
}

#[test]
fn places_that_are_shared_survive_a_snapshot() {
    let mut world = full_node();
    place(&mut world, vec![taking(9, &[80], &[1, 2])]);
    let written = rows(&world.now());
    let restored = State::restore(written.iter().cloned().map(Ok)).unwrap().snapshot();
    assert!(rows(&restored) == written);
    muster_state::invariants::check(&restored).unwrap();
    assert!(restored.is_withheld(restored.alloc(alloc_id(9)).unwrap()));
    let slot = restored.columns().get(restored.columns().slot_of(node_id(1)).unwrap()).unwrap();
    assert_eq!(slot.used(), used(&world));
}
