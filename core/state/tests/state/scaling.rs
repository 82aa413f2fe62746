//! Counts that change without a job file, and looking at a job again.

use std::time::Duration;

use muster_ids::{GroupName, Index};
use muster_model::{
    ClientStatus, DelayFunction, EvalTrigger, Job, JobType, KEPT_SCALING_EVENTS, ReschedulePolicy,
    ScalingPolicy, Value,
};
use muster_state::command::{Command, Entry, JobEvaluate, JobScale, Refusal, Reply};
use muster_state::{RowKind, State, WatchKey};

use crate::build::{alloc_id, deregister, eval_id, job, join, key, node, placement, plan, register, report};
use crate::golden::{fixture, hex, unhex};
use crate::world::{World, rows};

/// Groups `web` (2, between 1 and 5) and `db` (1, free).
fn scaled_job() -> Job {
    let mut job = job("a", JobType::Service);
    job.groups[0].scaling =
        Some(Box::new(ScalingPolicy { min: 1, max: 5, enabled: true, ..ScalingPolicy::default() }));
    job
}

fn scale(group: &str, count: Option<u32>) -> JobScale {
    JobScale {
        key: key("a"),
        group: GroupName::new(group).unwrap(),
        count,
        max_total: 0,
        message: "load".into(),
        error: false,
        meta: [("metric".to_owned(), Value::Int(7))].into(),
        enforce_index: None,
        eval_id: eval_id(90),
    }
}

fn run(world: &mut World, scale: JobScale) -> Result<Reply, Refusal> {
    world.run(Command::JobScale(Box::new(scale)))
}

#[test]
fn another_count_is_a_version_an_evaluation_and_an_event() {
    let mut world = World::default();
    world.ok(register(scaled_job(), 1));
    let reply = run(&mut world, scale("web", Some(4))).unwrap();
    assert_eq!(reply, Reply::JobRegistered { job_modify_index: Index(2), eval_id: Some(eval_id(90)) });
    let now = world.now();
    let current = now.job(&key("a")).unwrap();
    assert_eq!((current.version, current.groups[0].count, current.groups[1].count), (1, 4, 1));
    assert_eq!(now.eval(eval_id(90)).unwrap().trigger, EvalTrigger::JobScaling);
    let events = &now.scaling_events(&key("a")).unwrap().groups[&GroupName::new("web").unwrap()];
    let [event] = &**events else { panic!("{events:?}") };
    assert_eq!((event.count, event.previous_count, event.time), (Some(4), 2, now.time()));
    assert_eq!((event.eval_id, event.create_index), (Some(eval_id(90)), Index(2)));
    assert_eq!(now.watch_index(&WatchKey::Job(key("a"))), now.index());
}

#[test]
fn an_event_alone_changes_nothing_else() {
    let mut world = World::default();
    world.ok(register(scaled_job(), 1));
    let told = JobScale { error: true, ..scale("web", None) };
    let reply = run(&mut world, told).unwrap();
    assert_eq!(reply, Reply::JobRegistered { job_modify_index: Index(1), eval_id: None });
    assert_eq!(world.now().evals().count(), 1);
    let now = world.now();
    let event = &now.scaling_events(&key("a")).unwrap().groups[&GroupName::new("web").unwrap()][0];
    assert_eq!((event.count, event.error, event.previous_count, event.eval_id), (None, true, 2, None));
}

#[test]
fn scaling_is_judged_word_for_word() {
    let mut world = World::default();
    world.ok(register(scaled_job(), 1));
    let refused: Vec<String> = [
        JobScale { key: key("b"), ..scale("web", Some(1)) },
        scale("nothing", Some(1)),
        scale("web", Some(0)),
        scale("web", Some(6)),
        JobScale { max_total: 4, ..scale("web", Some(4)) },
        JobScale { enforce_index: Some(Index(9)), ..scale("web", Some(4)) },
    ]
    .into_iter()
    .map(|scale| run(&mut world, scale).unwrap_err().to_string())
    .collect();
    let expected = [
        "job \"b\" not found",
        "task group \"nothing\" specified for scaling does not exist in job",
        "group count was less than scaling policy minimum: 0 < 1",
        "group count was greater than scaling policy maximum: 6 > 5",
        "total count was greater than configured job_max_count: 5 > 4",
        "Enforcing job modify index 9: job exists with conflicting job modify index: 1",
    ];
    assert_eq!(refused, expected);
    assert!(world.now().scaling_events(&key("a")).is_none());
    world.ok(register(job("s", JobType::System), 2));
    let per_node = run(&mut world, JobScale { key: key("s"), ..scale("web", Some(2)) }).unwrap_err();
    assert_eq!(per_node.to_string(), "jobs of type \"system\" can only be scaled between 0 and 1");
    run(&mut world, JobScale { key: key("s"), ..scale("web", Some(0)) }).unwrap();
    run(&mut world, JobScale { max_total: 5, enforce_index: Some(Index(1)), ..scale("web", Some(4)) })
        .unwrap();
    run(&mut world, scale("db", Some(700))).unwrap();
}

#[test]
fn events_are_bounded_and_go_with_their_job() {
    let mut world = World::default();
    world.ok(register(scaled_job(), 1));
    for _ in 0..KEPT_SCALING_EVENTS + 5 {
        run(&mut world, scale("web", None)).unwrap();
    }
    run(&mut world, scale("db", None)).unwrap();
    let now = world.now();
    let groups = &now.scaling_events(&key("a")).unwrap().groups;
    let web = &groups[&GroupName::new("web").unwrap()];
    assert_eq!(web.len(), KEPT_SCALING_EVENTS);
    assert!(web.is_sorted_by(|newer, older| newer.create_index > older.create_index));
    world.ok(deregister("a", false, 2));
    assert!(world.now().scaling_events(&key("a")).is_some());
    world.ok(deregister("a", true, 3));
    assert!(world.now().scaling_events(&key("a")).is_none());
}

#[test]
fn policies_are_those_of_jobs_that_shall_run() {
    let mut world = World::default();
    let policies = |world: &World| -> Vec<_> {
        let now = world.now();
        now.scaling_policies().map(|(id, job, group)| (id, job.version, group.name.to_string())).collect()
    };
    world.ok(register(job("b", JobType::Service), 1));
    assert_eq!(policies(&world), []);
    assert_eq!(world.now().watch_index(&WatchKey::ScalingPolicies), Index::ZERO);
    world.ok(register(scaled_job(), 1));
    let first = policies(&world);
    assert_eq!(first.iter().map(|(_, _, group)| group.as_str()).collect::<Vec<_>>(), ["web"]);
    assert_eq!(world.now().watch_index(&WatchKey::ScalingPolicies), Index(2));
    run(&mut world, scale("web", Some(3))).unwrap();
    let second = policies(&world);
    assert_eq!((second[0].0, second[0].1), (first[0].0, 1), "the same policy, of the new version");
    world.ok(deregister("a", false, 2));
    assert_eq!(policies(&world), []);
    assert_eq!(world.now().watch_index(&WatchKey::ScalingPolicies), world.index());
    world.ok(register(scaled_job(), 3));
    assert_eq!(policies(&world)[0].0, first[0].0);
    world.ok(deregister("a", true, 4));
    assert_eq!(policies(&world), []);
    world.ok(register(scaled_job(), 5));
    assert_ne!(policies(&world)[0].0, first[0].0, "another job of the name");
}

fn forced() -> Command {
    Command::JobEvaluate(JobEvaluate { key: key("a"), force_reschedule: true, eval_id: eval_id(91) })
}

#[test]
fn a_forced_evaluation_marks_what_failed_and_waits() {
    let mut world = World::default();
    let mut patient = scaled_job();
    patient.groups[0].reschedule = Some(ReschedulePolicy {
        attempts: 0,
        interval: Duration::ZERO,
        delay: Duration::from_secs(3600),
        delay_function: DelayFunction::Constant,
        max_delay: Duration::ZERO,
        unlimited: true,
    });
    world.apply(vec![join(node(1)), register(patient, 1)]);
    let mut start = plan("a", 1, 0, world.index());
    let mut other = placement(3, 1, &[]);
    other.group = 1;
    start.placements = vec![placement(1, 1, &[]), placement(2, 1, &[]), other];
    world.plan(start);
    world.ok(report(1, 1, ClientStatus::Failed));
    world.ok(report(1, 3, ClientStatus::Failed));
    world.ok(forced());
    let now = world.now();
    let marked = |number| now.alloc(alloc_id(number)).unwrap().transition.force_reschedule;
    assert_eq!([1, 2, 3].map(marked), [true, false, false], "2 runs on, and 3 is never rescheduled");
    assert_eq!(now.eval(eval_id(91)).unwrap().trigger, EvalTrigger::JobRegister);
    let index = now.alloc(alloc_id(1)).unwrap().modify_index;
    world.ok(forced());
    assert_eq!(world.now().alloc(alloc_id(1)).unwrap().modify_index, index, "marked once");
    world.ok(deregister("a", true, 5));
    assert_eq!(world.run(forced()), Err(Refusal::JobNotFound));
}

#[test]
fn the_commands_and_records_are_read_and_written_as_ever() {
    let mut world = World::default();
    world.ok(register(scaled_job(), 1));
    run(&mut world, scale("web", Some(4))).unwrap();
    run(&mut world, JobScale { error: true, eval_id: eval_id(92), ..scale("db", None) }).unwrap();
    world.ok(forced());
    let encode = |entry: &Entry| hex(&rmp_serde::to_vec_named(entry).unwrap());
    let lines: Vec<String> = world.log.iter().map(|(_, entry)| encode(entry)).collect();
    let stored = fixture("entries-scaling-v1.hex", &lines);
    let mut state = State::new();
    for (line, index) in stored.iter().zip(1..) {
        let entry = rmp_serde::from_slice(&unhex(line)).unwrap();
        assert!(encode(&entry) == *line, "entry {index} is written differently");
        state.apply(Index(index), &entry);
    }
    assert_eq!(state.hash(), world.state.hash(), "the old log leads to another state");
    let written = rows(&world.now()).into_iter().filter(|row| row.kind == RowKind::ScalingEvents);
    let lines: Vec<String> = written.map(|row| hex(&row.bytes)).collect();
    assert_eq!(
        fixture("scaling-events-v1.hex", &lines),
        lines,
        "records are written differently than before"
    );
    assert_eq!(lines.len(), 1);
}
