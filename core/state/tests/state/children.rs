//! Bytes of children, launches and tokens that must be understood forever, as in `golden.rs`.

use muster_ids::{Index, UnixNanos};
use muster_model::{
    Allowed, AllowedConstraint, Bounds, Constraint, Operand, Overrides, Parameterized, Payload, PayloadRule,
};
use muster_state::command::{Entry, JobDispatch, LaunchCause};
use muster_state::{RowKind, SnapshotRow, State};

use crate::build::{
    deregister, dispatch, dispatching, join, launch, node, node_id, parameterized, periodic, register,
};
use crate::golden::{fixture, hex, unhex};
use crate::world::{World, rows};

fn scripted() -> World {
    let mut world = World::default();
    let rule = AllowedConstraint {
        operators: vec![Operand::Equal, Operand::Regexp],
        values: vec!["finance".into()],
        required: true,
    };
    let bounds = Bounds { min: 1, max: 900 };
    let allowed = Allowed {
        constraints: [("${meta.ou}".to_owned(), rule)].into(),
        nodes: 1,
        node_pools: vec!["default".into()],
        datacenters: vec!["*".into()],
        counts: [("web".to_owned(), bounds)].into(),
        cpu: [("web/main".to_owned(), bounds)].into(),
        memory: [("web/main".to_owned(), bounds)].into(),
    };
    let rules = Parameterized {
        payload: PayloadRule::Required,
        meta_required: vec!["who".into()],
        meta_optional: vec!["why".into()],
        allow: Some(Box::new(allowed)),
    };
    world.apply(vec![join(node(1)), register(parameterized("p", rules), 1), register(periodic("q"), 2)]);
    let overrides = Overrides {
        constraints: vec![Constraint {
            left: "${meta.ou}".into(),
            operand: Operand::Equal,
            right: "finance".into(),
        }],
        nodes: vec![node_id(1)],
        node_pool: Some("default".parse().unwrap()),
        datacenters: vec!["dc1".parse().unwrap()],
        counts: [("web".to_owned(), 1)].into(),
        cpu: [("web/main".to_owned(), 100)].into(),
        memory: [("web/main".to_owned(), 200)].into(),
    };
    let asked = JobDispatch {
        payload: Some(Payload::new(&[0, 159, 255])),
        meta: [("who".to_owned(), "me".into())].into(),
        overrides,
        id_infix: Some("x".into()),
        priority: Some(60),
        token: Some("once".into()),
        ..dispatching("p", 3)
    };
    world.ok(dispatch(asked.clone()));
    world.ok(dispatch(JobDispatch { token: Some("gone".into()), ..asked }));
    let gone = world.now().children(&crate::build::key("p")).last().unwrap().id.to_string();
    world.ok(deregister(&gone, true, 5));
    world.ok(launch("q", LaunchCause::Schedule(UnixNanos(60_000_000_000)), 6));
    world.ok(launch("q", LaunchCause::Force, 7));
    world
}

#[test]
fn records_of_children_are_read_and_written_as_ever() {
    let current = rows(&scripted().now());
    let lines = current.iter().map(|row| format!("{} {} {}", row.kind as u8, row.version, hex(&row.bytes)));
    let fixture = fixture("children-snapshot-v1.hex", &lines.collect::<Vec<_>>());
    let parse = |line: &String| {
        let parts: Vec<&str> = line.split(' ').collect();
        let kind = RowKind::from_u8(parts[0].parse().unwrap()).unwrap();
        SnapshotRow { kind, version: parts[1].parse().unwrap(), bytes: unhex(parts[2]) }
    };
    let stored: Vec<_> = fixture.iter().map(parse).collect();
    for kind in [RowKind::PeriodicLaunch, RowKind::DispatchToken] {
        assert!(stored.iter().any(|row| row.kind == kind), "no record of kind {kind:?}");
    }
    let restored = State::restore(stored.iter().cloned().map(Ok)).unwrap();
    assert!(rows(&restored.snapshot()) == stored, "records are written differently than before");
    assert!(current == stored, "the same commands leave other records than before");
    muster_state::invariants::check(&restored.snapshot()).unwrap();
}

#[test]
fn commands_about_children_are_read_and_written_as_ever() {
    let world = scripted();
    let encode = |(_, entry): &(Index, Entry)| hex(&rmp_serde::to_vec_named(entry).unwrap());
    let fixture = fixture("children-entries-v1.hex", &world.log.iter().map(encode).collect::<Vec<_>>());
    let mut state = State::new();
    for (line, index) in fixture.iter().zip(1..) {
        let bytes = unhex(line);
        let entry: Entry = rmp_serde::from_slice(&bytes).unwrap();
        assert!(rmp_serde::to_vec_named(&entry).unwrap() == bytes, "entry {index} is written differently");
        state.apply(Index(index), &entry);
    }
    assert_eq!(state.hash(), world.state.hash(), "the old log leads to another state");
}
