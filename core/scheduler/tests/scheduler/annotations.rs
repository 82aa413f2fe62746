//! What an evaluation says of its intentions, and how long its attempts took.

use std::time::Duration;

use muster_ids::{AllocId, GroupName};
use muster_model::{DesiredUpdates, EvalStatus, Job, JobType, Resources};

use crate::world::{self, World, key, node};

fn job(name: &str, priority: u16, count: u32, cpu_mhz: u32) -> Job {
    let mut job = world::job(name, JobType::Service);
    job.priority = priority;
    job.groups[0].count = count;
    job.groups[0].tasks[0].resources.cpu_mhz = cpu_mhz;
    job
}

fn group() -> GroupName {
    GroupName::new("g").unwrap()
}

#[test]
fn an_evaluation_keeps_what_its_plan_was_meant_to_do() {
    let mut world = World::new();
    world.register_node(node("a"));
    world.register_job(job("low", 20, 1, 900));
    let eval = world.next_eval(&key("low")).unwrap();
    let schedule = world.schedule(&eval);
    world.commit(&schedule);
    world.obey();
    let [one]: [AllocId; 1] = world::live(&world.snapshot(), &key("low"))
        .iter()
        .map(|a| a.id)
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();

    let mut system = job("agent", 80, 1, 500);
    system.kind = JobType::System;
    world.register_job(system);
    let eval = world.next_eval(&key("agent")).unwrap();
    let schedule = world.schedule(&eval);
    world.commit(&schedule);
    let snapshot = world.snapshot();
    let stored = snapshot.eval(eval.id).unwrap();
    let annotations = stored.annotations.as_ref().unwrap();
    let expected = DesiredUpdates { place: 1, preemptions: 1, ..DesiredUpdates::default() };
    assert_eq!((&*annotations.groups, &*annotations.preempted), (&[(group(), expected)][..], &[one][..]));

    // Nobody planned anything for the one that waits, so it says nothing.
    let eval = world.next_eval(&key("low")).unwrap();
    let schedule = world.schedule(&eval);
    let blocked = schedule.evals.iter().find(|eval| eval.status == EvalStatus::Blocked).unwrap();
    assert!(schedule.evals[0].annotations.is_some() && blocked.annotations.is_none());
}

#[test]
fn of_what_finds_no_place_the_asks_in_the_dimension_lacking_are_told() {
    let mut world = World::new();
    world.register_node(node("a"));
    world.register_job(job("web", 50, 3, 600));
    let eval = world.next_eval(&key("web")).unwrap();
    let mut schedule = world.schedule(&eval);
    let failed = &schedule.evals[0].failed_groups[&group()];
    let asked = Resources { cpu_mhz: 600, ..Resources::default() };
    assert_eq!(failed.resources_exhausted.values().copied().collect::<Vec<_>>(), [asked]);
    assert_eq!(failed.coalesced_failures, 1);
    assert_eq!(failed.allocation_time, Duration::ZERO, "the core reads no clock");

    // One placed, two not: three attempts.
    schedule.took(Duration::from_millis(3));
    let share = Duration::from_millis(1);
    let plan = schedule.plan.unwrap();
    let in_plan = plan.evals_if_whole.iter().flat_map(|eval| eval.failed_groups.values());
    let besides = schedule.evals.iter().flat_map(|eval| eval.failed_groups.values());
    assert!(in_plan.chain(besides).all(|metric| metric.allocation_time == share));
    assert!(plan.metrics.iter().all(|metric| metric.allocation_time == share));
}
