//! Bytes that must be understood forever: fixtures of every record and command, as hexadecimal lines.
//!
//! Today's decoder must read them and today's encoder must write them again, byte by byte. When a record grows a
//! defaulted field, keep the old file as a fixture that must still decode, and add a new one: run with
//! `MUSTER_BLESS=1` to write it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use muster_ids::{DriverName, GroupName, Index, NodeClass, NodePool, UnixNanos};
use muster_model::{
    AllocMetric, ClientStatus, DesiredTransition, DriverInfo, EvalStatus, HostVolume, Job, JobSubmission,
    JobType, NodeScore, NodeStatus, SourceFormat, TaskEvent, TaskEventKind, TaskPhase, TaskState, Value,
};
use muster_state::command::{
    AllocClientUpdate, AllocRecord, AllocStatusReport, AllocStop, Command, Entry, EvalUpdate,
    FeatureLevelRaise, GarbageCollect, JobRegister,
};
use muster_state::{RowKind, Snapshot, SnapshotRow, State};

use crate::build::{
    SEED, alloc_id, deregister, eval_id, evaluation, job, join, key, node, node_id, placement, plan,
    register, report, status, stop,
};
use crate::world::{World, rows};

pub struct Scripted {
    pub state: State,
    pub snapshot: Snapshot,
    pub log: Vec<(Index, Entry)>,
}

/// A short history that leaves at least one record of every kind and uses every command.
pub fn scripted() -> Scripted {
    let mut world = World::default();
    world.apply(vec![
        join(rich_node()),
        join(node(2)),
        Command::FeatureLevelRaise(FeatureLevelRaise { level: 2 }),
    ]);
    world.apply(vec![
        rich_job(),
        register(job("sys", JobType::System), 2),
        register(job("gone", JobType::Batch), 3),
    ]);
    let mut start = plan("a", 1, 0, world.index());
    start.placements = vec![placement(1, 1, &[80, 81]), placement(2, 2, &[])];
    start.metrics = vec![Arc::new(rich_metric())];
    let mut waiting = evaluation(4, &job("a", JobType::Service), EvalStatus::Blocked);
    waiting.queued = [(GroupName::new("db").unwrap(), 1)].into();
    waiting.failed_groups = [(GroupName::new("db").unwrap(), rich_metric())].into();
    waiting.class_eligibility = [("v1:1".into(), false)].into();
    let mut done = evaluation(1, &job("a", JobType::Service), EvalStatus::Complete);
    done.blocked_eval = Some(eval_id(4));
    start.evals_if_whole = vec![waiting, done];
    world.plan(start);
    let mut doomed = plan("gone", 3, 0, world.index());
    doomed.placements = vec![placement(3, 2, &[])];
    world.plan(doomed);
    world.ok(deregister("gone", true, 5));
    world.ok(rich_report());
    let transition = DesiredTransition { reschedule: true, ..DesiredTransition::default() };
    world.ok(Command::AllocStop(AllocStop { id: alloc_id(1), transition, eval_id: eval_id(6) }));
    let mut moved = plan("a", 6, 0, world.index());
    moved.stops = vec![stop(1, Some(ClientStatus::Lost))];
    let mut heir = placement(4, 2, &[]);
    heir.previous = Some(alloc_id(1));
    moved.placements = vec![heir];
    world.plan(moved);
    world.ok(status(1, NodeStatus::Down));
    world.ok(report(2, 2, ClientStatus::Failed));
    let over = evaluation(2, &job("sys", JobType::System), EvalStatus::Complete);
    world.ok(Command::EvalUpdate(EvalUpdate { evals: vec![over] }));
    let evals = vec![eval_id(2)];
    world.ok(Command::GarbageCollect(GarbageCollect {
        evals,
        allocs: vec![],
        jobs: vec![],
        nodes: vec![],
        deployments: vec![],
    }));
    let eligibility = muster_model::Eligibility::Ineligible;
    let update =
        muster_state::command::NodeEligibilityUpdate { node_id: node_id(2), eligibility, seed: SEED };
    world.ok(Command::NodeEligibilityUpdate(update));
    Scripted { snapshot: world.now(), state: world.state, log: world.log }
}

fn rich_node() -> muster_model::Node {
    let mut node = node(1);
    node.pool = NodePool::new("gpu").unwrap();
    node.class = Some(NodeClass::new("large").unwrap());
    let driver = DriverInfo {
        detected: true,
        healthy: true,
        description: "healthy".into(),
        attributes: [("driver.raw_exec".into(), "1".into())].into(),
        updated_at: UnixNanos(5),
    };
    node.drivers = [(DriverName::new("raw_exec").unwrap(), driver)].into();
    node.host_volumes = [("data".into(), HostVolume { path: "/srv".into(), read_only: true })].into();
    node.meta = [("rack".into(), "7".into())].into();
    node
}

fn rich_spec() -> Job {
    let mut job = job("a", JobType::Service);
    job.meta = [("owner".to_owned(), "ops".into())].into();
    job.node_pool = NodePool::all();
    let task = &mut job.groups[0].tasks[0];
    task.config = BTreeMap::from([
        ("args".to_owned(), Value::List(vec![Value::String("-v".into()), Value::Int(-3), Value::Float(0.5)])),
        ("tty".to_owned(), Value::Bool(true)),
    ]);
    task.env = [("LANG".to_owned(), "C".into())].into();
    job
}

fn rich_job() -> Command {
    let submission = JobSubmission {
        source: "job \"a\" {}".into(),
        format: SourceFormat::Hcl2,
        variable_flags: [("x".to_owned(), "1".into())].into(),
        variables: "y = 2".into(),
    };
    Command::JobRegister(Box::new(JobRegister {
        job: rich_spec(),
        eval_id: eval_id(1),
        enforce_index: Some(Index::ZERO),
        submission: Some(submission),
        eval_priority: Some(70),
    }))
}

fn rich_metric() -> AllocMetric {
    let scores = BTreeMap::from([("binpack".into(), 0.25)]);
    AllocMetric {
        nodes_evaluated: 2,
        node_pool: Some(NodePool::all()),
        dimension_exhausted: [("memory".into(), 1)].into(),
        scores: vec![NodeScore { node_id: node_id(1), scores, norm_score: 0.25 }],
        allocation_time: Duration::from_micros(12),
        ..AllocMetric::default()
    }
}

fn rich_report() -> Command {
    let kinds = [
        TaskEventKind::Received,
        TaskEventKind::Terminated { exit_code: 1, signal: 9, oom_killed: true, error: Some("killed".into()) },
        TaskEventKind::Restarting { reason: "Restart within policy".into(), delay: Duration::from_secs(15) },
    ];
    let task = TaskState {
        phase: TaskPhase::Running,
        restarts: 1,
        started_at: UnixNanos(77),
        events: kinds.into_iter().map(|kind| TaskEvent { time: UnixNanos(7), kind }).collect(),
        ..TaskState::default()
    };
    let description = Some("Tasks are running".into());
    let report = AllocStatusReport {
        id: alloc_id(1),
        status: ClientStatus::Running,
        description,
        tasks: vec![task],
        health: None,
    };
    Command::AllocClientUpdate(AllocClientUpdate { node_id: node_id(1), updates: vec![report], seed: SEED })
}

#[test]
fn every_record_is_read_and_written_as_ever() {
    let current = rows(&scripted().snapshot);
    let lines = current.iter().map(|row| format!("{} {} {}", row.kind as u8, row.version, hex(&row.bytes)));
    let fixture = fixture("snapshot-v1.hex", &lines.collect::<Vec<_>>());
    let parse = |line: &String| {
        let mut parts = line.split(' ');
        let kind = RowKind::from_u8(parts.next().unwrap().parse().unwrap()).unwrap();
        let version = parts.next().unwrap().parse().unwrap();
        SnapshotRow { kind, version, bytes: unhex(parts.next().unwrap()) }
    };
    let stored: Vec<_> = fixture.iter().map(parse).collect();
    for number in 0..=8 {
        assert!(stored.iter().any(|row| row.kind as u8 == number), "no record of kind {number}");
    }
    let restored = State::restore(stored.iter().cloned().map(Ok)).unwrap();
    assert!(rows(&restored.snapshot()) == stored, "records are written differently than before");
    assert!(current == stored, "the same commands leave other records than before");
}

#[test]
fn every_command_is_read_and_written_as_ever() {
    let encode = |(_, entry): &(Index, Entry)| hex(&rmp_serde::to_vec_named(entry).unwrap());
    let fixture = fixture("entries-v1.hex", &scripted().log.iter().map(encode).collect::<Vec<_>>());
    let mut state = State::new();
    for (line, index) in fixture.iter().zip(1..) {
        let bytes = unhex(line);
        let entry: Entry = rmp_serde::from_slice(&bytes).unwrap();
        assert!(rmp_serde::to_vec_named(&entry).unwrap() == bytes, "entry {index} is written differently");
        state.apply(Index(index), &entry);
    }
    assert_eq!(state.hash(), scripted().state.hash(), "the old log leads to another state");
}

#[test]
fn rows_and_records_of_allocations_are_two_forms_of_one() {
    let snapshot = scripted().snapshot;
    let written = rows(&snapshot).into_iter().filter(|row| row.kind == RowKind::Alloc);
    for (alloc, row) in snapshot.allocs().zip(written) {
        let record = AllocRecord::from(&**alloc);
        assert_eq!(rmp_serde::from_slice::<AllocRecord>(&row.bytes).unwrap(), record);
        assert_eq!(rmp_serde::to_vec_named(&record).unwrap(), row.bytes);
        assert_eq!(record.clone().into_alloc(alloc.job.clone()), **alloc);
        assert!(snapshot.job(&key("a")).is_some());
    }
}

pub fn fixture(name: &str, current: &[String]) -> Vec<String> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures", name].iter().collect();
    if std::env::var_os("MUSTER_BLESS").is_some() {
        std::fs::write(&path, current.join("\n") + "\n").unwrap();
    }
    std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
