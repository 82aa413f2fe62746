//! Banned nodes stay out, and what ran on them goes elsewhere; revoked certificates are remembered until they end.

use muster_ids::{Index, UnixNanos};
use muster_model::{JobType, NodeStatus, Revocation, RevokedSubject};
use muster_state::command::{Command, Entry, Refusal, Reply, RevocationCreate, RevocationDelete};
use muster_state::{RowKind, State};

use crate::build::{SEED, job, join, node, node_id, placement, plan, register, status};
use crate::golden::{fixture, hex, unhex};
use crate::world::{World, rows};

fn revocation(subject: RevokedSubject) -> Revocation {
    Revocation {
        subject,
        reason: "stolen".into(),
        created_by: None,
        create_time: UnixNanos(9),
        expiration_time: None,
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
    }
}

fn revoke(revocation: Revocation) -> Command {
    Command::RevocationCreate(Box::new(RevocationCreate { revocation, seed: SEED }))
}

fn ban(number: u32) -> Command {
    revoke(revocation(RevokedSubject::Node(node_id(number))))
}

fn unban(number: u32) -> Command {
    Command::RevocationDelete(RevocationDelete { subject: RevokedSubject::Node(node_id(number)) })
}

#[test]
fn a_banned_node_is_down_and_its_work_is_evaluated_in_the_same_entry() {
    let mut world = World::default();
    world.ok(join(node(1)));
    world.ok(register(job("web", JobType::Service), 1));
    let mut web = plan("web", 1, 0, world.index());
    web.placements = vec![placement(1, 1, &[])];
    world.ok(Command::PlanApply(Box::new(web)));
    let reply = world.ok(ban(1));
    let Reply::NodeUpdated { evals } = reply else { panic!("{reply:?}") };
    assert_eq!(evals.len(), 1, "somebody has to replace what ran there");
    let now = world.now();
    let banned = now.node(node_id(1)).unwrap();
    assert_eq!(banned.status, NodeStatus::Down);
    assert_eq!(banned.status_description.as_deref(), Some("banned: stolen"));
    assert_eq!(banned.events.last().map(|event| &*event.message), Some("Node banned"));

    let refused = Refusal::NodeBanned { node: node_id(1), reason: "stolen".into() };
    assert_eq!(world.run(join(node(1))), Err(refused.clone()));
    assert_eq!(world.run(status(1, NodeStatus::Ready)), Err(refused));
    world.ok(join(node(2)));

    world.ok(unban(1));
    world.ok(join(node(1)));
    assert_eq!(world.now().node(node_id(1)).unwrap().status, NodeStatus::Ready);
    assert!(matches!(world.run(unban(1)), Err(Refusal::RevocationMissing { .. })));
}

#[test]
fn a_node_is_banned_before_it_comes_and_until_the_ban_ends() {
    let mut world = World::default();
    let end = UnixNanos(world.now().time().0 + 1_000_000_000_000);
    let until = Revocation { expiration_time: Some(end), ..revocation(RevokedSubject::Node(node_id(1))) };
    world.ok(revoke(until));
    assert!(matches!(world.run(join(node(1))), Err(Refusal::NodeBanned { .. })));
    let index = world.index().next();
    world.state.apply(index, &Entry { time: end, commands: vec![join(node(1))] });
    assert_eq!(world.now().node(node_id(1)).unwrap().status, NodeStatus::Ready);
    // The next revocation forgets it.
    let another = revoke(revocation(RevokedSubject::Serial("ab".into())));
    world.state.apply(index.next(), &Entry { time: end, commands: vec![another] });
    let left: Vec<_> = world.now().revocations().map(|row| row.subject.to_string()).collect();
    assert_eq!(left, ["ab"]);
}

/// Written forever: see `golden.rs`.
#[test]
fn the_records_of_revocations_are_read_and_written_as_ever() {
    let mut world = World::default();
    world.ok(join(node(1)));
    world.ok(ban(1));
    world.ok(revoke(revocation(RevokedSubject::Serial("0f".into()))));
    world.ok(revoke(Revocation {
        expiration_time: Some(UnixNanos(i64::MAX)),
        ..revocation(RevokedSubject::Fingerprint("ab".repeat(32).as_str().into()))
    }));
    world.ok(ban(2));
    world.ok(unban(2));
    let mut lines: Vec<_> =
        world.log.iter().map(|(_, entry)| hex(&rmp_serde::to_vec_named(entry).unwrap())).collect();
    let written = rows(&world.now());
    assert_eq!(written.iter().filter(|row| row.kind == RowKind::Revocation).count(), 3);
    lines.extend(written.iter().filter(|row| row.kind == RowKind::Revocation).map(|row| hex(&row.bytes)));
    let stored = fixture("revocations-v1.hex", &lines);
    assert!(stored == lines, "the same commands leave other bytes than before");
    let mut state = State::new();
    for (line, (index, _)) in stored.iter().zip(&world.log) {
        state.apply(*index, &rmp_serde::from_slice(&unhex(line)).unwrap());
    }
    assert_eq!(state.hash(), world.state.hash());
    assert_eq!(State::restore(written.into_iter().map(Ok)).unwrap().hash(), world.state.hash());
}
