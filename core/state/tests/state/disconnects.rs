//! Nodes lose contact: what is remembered of their allocations, and who is evaluated when they are back.

use muster_ids::Index;
use muster_model::{ClientStatus, DesiredStatus, EvalTrigger, JobType, NodeStatus};
use muster_state::command::{Command, Entry, NodeGiveUp, Refusal, Reply};
use muster_state::{RowKind, State};

use crate::build::{
    SEED, alloc_id, job, join, key, node, node_id, placement, plan, register, report, status, stop,
};
use crate::golden::{fixture, hex, unhex};
use crate::world::{World, rows};

fn give_up(number: u32) -> Command {
    Command::NodeGiveUp(NodeGiveUp { node_id: node_id(number), seed: SEED })
}

/// Allocations 1 and 2 of job `a` run on a node that is disconnected; both are unknown.
fn world() -> World {
    let mut world = World::default();
    world.apply(vec![join(node(1)), register(job("a", JobType::Service), 1)]);
    let mut start = plan("a", 1, 0, world.index());
    start.placements = vec![placement(1, 1, &[]), placement(2, 1, &[])];
    world.plan(start);
    world.apply(vec![report(1, 1, ClientStatus::Running), report(1, 2, ClientStatus::Running)]);
    world.ok(status(1, NodeStatus::Disconnected));
    let mut unknown = plan("a", 1, 0, world.index());
    unknown.stops = vec![stop(1, Some(ClientStatus::Unknown)), stop(2, Some(ClientStatus::Unknown))];
    world.plan(unknown);
    world
}

#[test]
fn lost_contact_is_remembered_and_its_return_evaluated_once_a_job() {
    let mut world = world();
    let lost = world.now().time();
    let alloc = world.now().alloc(alloc_id(1)).unwrap().clone();
    assert_eq!((alloc.desired, alloc.client), (DesiredStatus::Run, ClientStatus::Unknown));
    assert_eq!((alloc.unknown_since(), alloc.reconnected()), (lost, false));
    assert_eq!(alloc.desired_description.as_deref(), Some("not needed"));
    world.ok(status(1, NodeStatus::Ready));
    let replies = world.apply(vec![report(1, 1, ClientStatus::Running), report(1, 2, ClientStatus::Failed)]);
    let triggers: Vec<_> = replies
        .into_iter()
        .flat_map(|reply| match reply.unwrap() {
            Reply::AllocsUpdated { evals, .. } => evals,
            other => panic!("{other:?}"),
        })
        .map(|id| world.now().eval(id).unwrap().trigger)
        .collect();
    assert_eq!(triggers, [EvalTrigger::Reconnect, EvalTrigger::Reconnect]);
    let now = world.now();
    let alloc = now.alloc(alloc_id(1)).unwrap();
    assert!(alloc.reconnected() && alloc.desired_description.is_none());
    let states: Vec<_> = alloc.states.iter().map(|state| (state.status, state.time)).collect();
    assert_eq!(states, [(ClientStatus::Unknown, lost), (ClientStatus::Running, now.time())]);
    // Nobody is back twice.
    let again = world.ok(report(1, 1, ClientStatus::Running));
    assert!(matches!(again, Reply::AllocsUpdated { evals, .. } if evals.is_empty()));
}

#[test]
fn a_node_that_is_taken_for_gone_is_not_listened_to_before_it_is_ready() {
    let mut world = world();
    for gone in [NodeStatus::Disconnected, NodeStatus::Down] {
        world.ok(status(1, gone));
        let refused = world.run(report(1, 1, ClientStatus::Running));
        assert_eq!(refused, Err(Refusal::NodeSilent { status: gone }));
        assert_eq!(world.now().alloc(alloc_id(1)).unwrap().client, ClientStatus::Unknown);
    }
    world.ok(status(1, NodeStatus::Ready));
    world.ok(report(1, 1, ClientStatus::Running));
    assert_eq!(world.now().alloc(alloc_id(1)).unwrap().client, ClientStatus::Running);
}

#[test]
fn only_a_disconnected_node_is_given_up() {
    let mut world = world();
    let Reply::NodeUpdated { evals } = world.ok(give_up(1)) else { panic!() };
    let now = world.now();
    assert_eq!(now.node(node_id(1)).unwrap().status, NodeStatus::Down);
    assert_eq!(now.eval(evals[0]).unwrap().job_key(), key("a"));
    let missed = now
        .node(node_id(1))
        .unwrap()
        .events
        .iter()
        .filter(|event| &*event.message == "Node heartbeat missed");
    assert_eq!(missed.count(), 1, "it fell silent once");
    world.ok(status(1, NodeStatus::Ready));
    world.ok(give_up(1));
    assert_eq!(world.now().node(node_id(1)).unwrap().status, NodeStatus::Ready);
    assert!(world.changed.is_empty());
}

#[test]
fn the_history_of_contact_is_bounded() {
    let mut world = world();
    world.ok(status(1, NodeStatus::Ready));
    for turn in 0..20 {
        world.ok(report(1, 1, if turn % 2 == 0 { ClientStatus::Running } else { ClientStatus::Unknown }));
    }
    let alloc = world.now().alloc(alloc_id(1)).unwrap().clone();
    assert_eq!(alloc.states.len(), muster_model::Alloc::MAX_STATES);
    assert_eq!(alloc.unknown_since(), world.now().time());
}

#[test]
fn commands_and_records_are_read_and_written_as_ever() {
    let mut world = world();
    world.ok(status(1, NodeStatus::Ready));
    world.ok(report(1, 2, ClientStatus::Running));
    world.ok(status(1, NodeStatus::Disconnected));
    world.ok(give_up(1));
    let encode = |(_, entry): &(Index, Entry)| hex(&rmp_serde::to_vec_named(entry).unwrap());
    let entries = fixture("disconnect-entries-v1.hex", &world.log.iter().map(encode).collect::<Vec<_>>());
    let mut state = State::new();
    for (line, index) in entries.iter().zip(1..) {
        let bytes = unhex(line);
        let entry: Entry = rmp_serde::from_slice(&bytes).unwrap();
        assert!(rmp_serde::to_vec_named(&entry).unwrap() == bytes, "entry {index} is written differently");
        state.apply(Index(index), &entry);
    }
    assert_eq!(state.hash(), world.state.hash(), "the old log leads to another state");
    let allocs = rows(&state.snapshot()).into_iter().filter(|row| row.kind == RowKind::Alloc);
    let lines: Vec<_> = allocs.map(|row| hex(&row.bytes)).collect();
    assert_eq!(fixture("disconnect-allocs-v1.hex", &lines), lines);
}
