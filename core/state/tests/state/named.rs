//! What is given by name: cores, devices, addresses, ports that are shared.

use std::sync::Arc;

use muster_ids::Index;
use muster_model::{
    Allotment, AllottedDevice, ClientStatus, Job, JobType, Node, NodeAddress, Placement, TaskAllotment, Thing,
};
use muster_state::command::Entry;
use muster_state::{RowKind, State};

use crate::build::{alloc_id, job, join, node, node_id, placement, plan, register, report, stop};
use crate::golden::{fixture, hex, unhex};
use crate::world::{World, rows};

/// Two cores of 400 MHz that can be reserved, two devices, and an address of the network `lan` that keeps port 22.
pub fn equipped(number: u32) -> Node {
    let mut node = node(number);
    node.capacity.topology = muster_builders::topology(2, 400);
    node.capacity.devices = vec![muster_builders::devices("nvidia", "gpu", "T4", &["g1", "g2"])];
    node.capacity.addresses = vec![NodeAddress {
        network: "lan".into(),
        ip: "10.0.0.1".into(),
        interface: "eth0".into(),
        reserved_ports: vec![22],
    }];
    node
}

/// Allocations of group 1 may share its one port.
fn sharing() -> Job {
    let mut job = job("a", JobType::Service);
    let mut port = muster_builders::port("http", Some(80));
    port.ignore_collision = true;
    job.groups[1].network = Some(muster_builders::network(vec![port]));
    job
}

fn cluster() -> World {
    let mut world = World::default();
    world.apply(vec![join(equipped(1))]);
    world.apply(vec![register(sharing(), 1), register(job("b", JobType::Service), 2)]);
    world
}

pub fn with(mut placement: Placement, cores: &[u16], devices: &[&str], address: &str) -> Placement {
    let mut task = TaskAllotment {
        task: "main".parse().unwrap(),
        cores: cores.to_vec(),
        cores_mhz: 400 * u32::try_from(cores.len()).unwrap(),
        devices: Vec::new(),
    };
    if !devices.is_empty() {
        task.devices = vec![AllottedDevice {
            vendor: "nvidia".into(),
            kind: "gpu".into(),
            name: "T4".into(),
            instances: devices.iter().map(|id| (*id).into()).collect(),
        }];
    }
    let addresses = if address.is_empty() { vec![] } else { vec![address.into(); placement.ports.len()] };
    let allotment = Allotment { tasks: vec![task], addresses, ..Allotment::default() };
    placement.allotted = Some(Arc::new(allotment));
    placement
}

/// Whether a plan of job `b`, made before anything that happened since, may place this.
fn fits(world: &mut World, placement: Placement) -> bool {
    let mut late = plan("b", 2, 0, Index(2));
    late.placements = vec![placement];
    world.plan(late).placed == 1
}

fn first(world: &mut World, placements: Vec<Placement>) {
    let mut start = plan("a", 1, 0, world.index());
    let count = placements.len();
    start.placements = placements;
    assert_eq!(world.plan(start).placed as usize, count);
}

#[test]
fn cores_and_devices_have_one_holder_until_it_has_ended() {
    let mut world = cluster();
    first(&mut world, vec![with(placement(1, 1, &[]), &[0], &["g1"], "")]);
    assert!(!fits(&mut world, with(placement(2, 1, &[]), &[0], &[], "")), "the core is taken");
    assert!(!fits(&mut world, with(placement(3, 1, &[]), &[], &["g1"], "")), "the device is taken");
    assert!(!fits(&mut world, with(placement(4, 1, &[]), &[7], &[], "")), "there is no such core");
    assert!(!fits(&mut world, with(placement(5, 1, &[]), &[], &["g9"], "")), "there is no such device");
    assert!(!fits(&mut world, with(placement(6, 1, &[]), &[1, 1], &[], "")), "one core twice");

    let now = world.now();
    let slot = now.columns().get(0).unwrap();
    assert_eq!((slot.used().cpu_mhz, slot.taken().holders(&Thing::Core(0))), (700, 1));
    let mut end = plan("a", 1, 0, world.index());
    end.stops = vec![stop(1, None)];
    world.plan(end);
    assert!(!fits(&mut world, with(placement(7, 1, &[]), &[0], &[], "")), "the servers' wish frees nothing");
    world.ok(report(1, 1, ClientStatus::Complete));
    assert!(fits(&mut world, with(placement(8, 1, &[]), &[0], &["g1"], "")));
}

#[test]
fn reserved_cores_take_compute() {
    let mut world = cluster();
    // What did not change since the plan was made is not judged again.
    first(&mut world, vec![placement(9, 1, &[])]);
    world.ok(report(1, 9, ClientStatus::Complete));
    // 300 for the group and 800 for two cores: more than 1000.
    assert!(!fits(&mut world, with(placement(1, 1, &[]), &[0, 1], &[], "")));
    assert!(fits(&mut world, with(placement(2, 1, &[]), &[1], &[], "")));
    assert!(fits(&mut world, placement(3, 1, &[])), "700 of 1000 are gone, 300 are left");
    assert!(!fits(&mut world, placement(4, 1, &[])));
}

#[test]
fn a_port_belongs_to_its_address() {
    let mut world = cluster();
    first(&mut world, vec![with(placement(1, 1, &[80]), &[], &[], "10.0.0.1")]);
    assert!(!fits(&mut world, with(placement(2, 1, &[80]), &[], &[], "10.0.0.1")));
    assert!(!fits(&mut world, with(placement(3, 1, &[22]), &[], &[], "10.0.0.1")), "kept by the operator");
    assert!(!fits(&mut world, with(placement(4, 1, &[9999]), &[], &[], "10.0.0.1")), "kept on every address");
    assert!(!fits(&mut world, with(placement(5, 1, &[80]), &[], &[], "10.0.0.9")), "no address of the node");
    assert!(fits(&mut world, placement(6, 1, &[80])));
}

#[test]
fn who_agrees_shares_a_port_and_who_does_not_has_it_alone() {
    let mut world = cluster();
    let of_group = |number| Placement { group: 1, ..placement(number, 1, &[80]) };
    first(&mut world, vec![of_group(1), of_group(2)]);
    assert!(!fits(&mut world, placement(3, 1, &[80])));
    world.ok(report(1, 1, ClientStatus::Complete));
    assert!(!fits(&mut world, placement(4, 1, &[80])), "one still holds it");
    world.ok(report(1, 2, ClientStatus::Complete));
    assert!(fits(&mut world, placement(5, 1, &[80])));
    let mut join_in = plan("a", 1, 0, Index(2));
    join_in.placements = vec![of_group(6)];
    assert_eq!(world.plan(join_in).placed, 1, "who comes later agrees");
}

#[test]
fn an_allocation_that_goes_on_keeps_what_its_node_would_not_give_again() {
    let mut world = cluster();
    first(&mut world, vec![with(placement(1, 1, &[]), &[0], &["g1"], "")]);
    let mut changed = equipped(1);
    changed.capacity.devices[0].instances[0].healthy = false;
    changed.capacity.topology[0].reservable = false;
    world.ok(join(changed));
    assert!(!fits(&mut world, with(placement(2, 1, &[]), &[], &["g1"], "")), "it is sick");
    let mut again = plan("a", 1, 0, Index(2));
    again.placements = vec![with(placement(1, 1, &[]), &[0], &["g1"], "")];
    assert_eq!(world.plan(again).placed, 1);
    assert!(world.now().alloc(alloc_id(1)).unwrap().allotted.is_some());
}

#[test]
fn a_node_that_offers_more_wakes_who_waits() {
    for change in [
        |node: &mut Node| node.capacity.devices[0].instances[1].healthy = true,
        |node: &mut Node| node.capacity.topology[1].reservable = true,
        |node: &mut Node| node.capacity.max_allocs = 9,
        |node: &mut Node| node.capacity.addresses[0].reserved_ports.clear(),
    ] {
        let mut world = World::default();
        let mut before = equipped(1);
        before.capacity.devices[0].instances[1].healthy = false;
        before.capacity.topology[1].reservable = false;
        before.capacity.max_allocs = 2;
        world.ok(join(before.clone()));
        world.ok(crate::build::status(1, muster_model::NodeStatus::Ready));
        change(&mut before);
        world.ok(join(before));
        assert_eq!(world.freed(), 1);
    }
}

#[test]
fn what_is_given_by_name_is_read_and_written_as_ever() {
    let mut world = cluster();
    let mut start = with(placement(1, 1, &[80]), &[0], &["g1", "g2"], "10.0.0.1");
    if let Some(allotted) = start.allotted.as_mut().and_then(Arc::get_mut) {
        allotted.oversubscribed = true;
    }
    first(&mut world, vec![start]);
    let encode = |(_, entry): &(Index, Entry)| hex(&rmp_serde::to_vec_named(entry).unwrap());
    let lines: Vec<String> = world.log.iter().map(encode).collect();
    let stored = fixture("entries-named-v1.hex", &lines);
    let mut state = State::new();
    for (line, index) in stored.iter().zip(1..) {
        let entry: Entry = rmp_serde::from_slice(&unhex(line)).unwrap();
        let written = rmp_serde::to_vec_named(&entry).unwrap();
        assert!(written == unhex(line), "entry {index} is written differently");
        state.apply(Index(index), &entry);
    }
    assert_eq!(state.hash(), world.state.hash(), "the old log leads to another state");
    let rows = rows(&world.now()).into_iter();
    let lines: Vec<String> = rows
        .filter(|row| matches!(row.kind, RowKind::Node | RowKind::Alloc))
        .map(|row| hex(&row.bytes))
        .collect();
    assert_eq!(fixture("named-v1.hex", &lines), lines, "records are written differently than before");
    assert_eq!(world.now().alloc(alloc_id(1)).unwrap().node_id, node_id(1));
}
