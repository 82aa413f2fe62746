//! Nodes are emptied: what is stored, what is refused, and bytes that must be understood forever.

use muster_ids::{AccessorId, Index};
use muster_model::{
    ClientStatus, DrainDeadline, DrainSpec, DrainStatus, Eligibility, EvalTrigger, JobType, NodeStatus,
};
use muster_state::command::{AllocMigrate, Command, Entry, NodeDrainFinish, NodeDrainUpdate, Reply};
use muster_state::{RowKind, State};

use crate::build::{
    SEED, alloc_id, job, join, key, node, node_id, placement, plan, register, report, status, stop,
};
use crate::golden::{fixture, hex, unhex};
use crate::world::{World, rows};

fn drain(number: u32, deadline: Option<DrainDeadline>) -> NodeDrainUpdate {
    NodeDrainUpdate {
        node_id: node_id(number),
        drain: deadline.map(|deadline| DrainSpec { deadline, ignore_system_jobs: true }),
        mark_eligible: deadline.is_none(),
        accessor: Some(AccessorId::from_random([4; 16])),
        meta: [("message".into(), "new disk".into())].into(),
        seed: SEED,
    }
}

fn update(command: NodeDrainUpdate) -> Command {
    Command::NodeDrainUpdate(Box::new(command))
}

fn migrate(numbers: &[u32]) -> Command {
    Command::AllocMigrate(AllocMigrate {
        allocs: numbers.iter().copied().map(alloc_id).collect(),
        seed: SEED,
    })
}

fn finish(number: u32) -> Command {
    Command::NodeDrainFinish(NodeDrainFinish { nodes: vec![node_id(number)] })
}

/// Two nodes, three allocations of job `a`: 1 and 2 on the first node, 3 on the second.
fn world() -> World {
    let mut world = World::default();
    world.apply(vec![join(node(1)), join(node(2)), register(job("a", JobType::Service), 1)]);
    let mut start = plan("a", 1, 0, world.index());
    start.placements = vec![placement(1, 1, &[]), placement(2, 1, &[]), placement(3, 2, &[])];
    world.plan(start);
    world
}

#[test]
fn only_what_lives_on_a_draining_node_is_marked_and_its_job_evaluated_once() {
    let mut world = world();
    let none = world.ok(migrate(&[1, 3]));
    assert_eq!(none, Reply::AllocsUpdated { evals: vec![], unknown: vec![alloc_id(1), alloc_id(3)] });
    world.ok(update(drain(1, Some(DrainDeadline::Never))));
    let Reply::AllocsUpdated { evals, unknown } = world.ok(migrate(&[1, 2, 3, 9])) else { panic!() };
    assert_eq!(unknown, [alloc_id(3), alloc_id(9)]);
    let now = world.now();
    let eval = now.eval(evals[0]).unwrap();
    assert_eq!((evals.len(), eval.trigger, eval.job_key()), (1, EvalTrigger::NodeDrain, key("a")));
    assert!(now.allocs().all(|alloc| alloc.transition.migrate == (alloc.node_id == node_id(1))));
    let again = world.ok(migrate(&[1, 2]));
    assert_eq!(again, Reply::AllocsUpdated { evals: vec![], unknown: vec![alloc_id(1), alloc_id(2)] });
}

#[test]
fn a_drain_is_over_only_when_nothing_is_left_to_wait_for() {
    let mut world = world();
    world.ok(update(drain(1, Some(DrainDeadline::Force))));
    world.ok(finish(1));
    let node = world.now().node(node_id(1)).unwrap().clone();
    assert!(node.drain.is_some(), "two allocations are left");
    let mut away = plan("a", 1, 0, world.index());
    away.stops = vec![stop(1, None), stop(2, None)];
    world.plan(away);
    world.ok(report(1, 1, ClientStatus::Complete));
    world.ok(finish(1));
    assert!(world.now().node(node_id(1)).unwrap().drain.is_some(), "one has not said that it ended");
    world.ok(status(1, NodeStatus::Down));
    world.ok(finish(1));
    let now = world.now();
    let node = now.node(node_id(1)).unwrap();
    let last = node.last_drain.as_ref().unwrap();
    assert!(node.drain.is_none() && node.eligibility == Eligibility::Ineligible);
    assert_eq!((last.status, last.accessor), (DrainStatus::Complete, Some(AccessorId::from_random([4; 16]))));
    assert_eq!(&*last.meta["message"], "new disk");
    // What is over is not finished, nor canceled, again.
    world.ok(finish(1));
    assert!(world.changed.is_empty());
}

#[test]
fn who_changes_a_drain_without_a_word_keeps_the_words_of_before() {
    let mut world = world();
    world.ok(update(drain(1, Some(DrainDeadline::Never))));
    world.ok(update(NodeDrainUpdate { meta: [].into(), accessor: None, ..drain(1, None) }));
    let last = world.now().node(node_id(1)).unwrap().last_drain.clone().unwrap();
    assert_eq!((last.status, last.accessor), (DrainStatus::Canceled, None));
    assert_eq!(&*last.meta["message"], "new disk");
    world.ok(update(NodeDrainUpdate { meta: [].into(), ..drain(1, Some(DrainDeadline::Never)) }));
    let last = world.now().node(node_id(1)).unwrap().last_drain.clone().unwrap();
    assert!(last.meta.is_empty(), "another drain begins without them");
}

fn scripted() -> World {
    let mut world = world();
    world.ok(update(drain(1, Some(DrainDeadline::from_nanos(90_000_000_000)))));
    world.ok(migrate(&[1]));
    world.ok(update(drain(2, Some(DrainDeadline::Force))));
    world.ok(update(drain(2, None)));
    let mut away = plan("a", 1, 0, world.index());
    away.stops = vec![stop(1, Some(ClientStatus::Lost)), stop(2, Some(ClientStatus::Lost))];
    world.plan(away);
    world.ok(finish(1));
    world.ok(update(drain(2, Some(DrainDeadline::Never))));
    world
}

#[test]
fn commands_and_records_are_read_and_written_as_ever() {
    let world = scripted();
    let encode = |(_, entry): &(Index, Entry)| hex(&rmp_serde::to_vec_named(entry).unwrap());
    let entries = fixture("drain-entries-v1.hex", &world.log.iter().map(encode).collect::<Vec<_>>());
    let mut state = State::new();
    for (line, index) in entries.iter().zip(1..) {
        let bytes = unhex(line);
        let entry: Entry = rmp_serde::from_slice(&bytes).unwrap();
        assert!(rmp_serde::to_vec_named(&entry).unwrap() == bytes, "entry {index} is written differently");
        state.apply(Index(index), &entry);
    }
    assert_eq!(state.hash(), world.state.hash(), "the old log leads to another state");
    let nodes = rows(&state.snapshot()).into_iter().filter(|row| row.kind == RowKind::Node);
    let lines: Vec<_> = nodes.map(|row| hex(&row.bytes)).collect();
    assert_eq!(fixture("drain-nodes-v1.hex", &lines), lines);
}
