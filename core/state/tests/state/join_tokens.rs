//! Join tokens: each lets one machine join, as what and under the name it says, until it ends.

use muster_ids::{AccessorId, Index, JoinTokenId, NodePool, UnixNanos};
use muster_model::{JoinRole, JoinToken};
use muster_state::command::{Command, Entry, JoinTokenCreate, JoinTokenDelete, JoinTokenUse, Refusal, Reply};
use muster_state::{RowKind, State};

use crate::golden::{fixture, hex, unhex};
use crate::world::{World, rows};

const DAY: i64 = 24 * 3_600 * 1_000_000_000;

fn id(number: u8) -> JoinTokenId {
    JoinTokenId::from_bytes([number; 16])
}

fn token(number: u8) -> JoinToken {
    JoinToken {
        id: id(number),
        role: JoinRole::Client,
        node_pool: NodePool::new("edge").unwrap(),
        node_name: None,
        created_by: Some(AccessorId::from_bytes([7; 16])),
        create_time: UnixNanos(9),
        expiration_time: UnixNanos(60_000_000_000),
        used: None,
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
    }
}

fn create(token: JoinToken) -> Command {
    let secret_hash = [token.id.as_bytes()[0]; 32];
    Command::JoinTokenCreate(Box::new(JoinTokenCreate { token, secret_hash }))
}

fn used(secret: u8, name: &str) -> Command {
    let (role, name, address) = (JoinRole::Client, name.into(), "10.0.0.9:1".into());
    Command::JoinTokenUse(Box::new(JoinTokenUse { secret_hash: [secret; 32], role, name, address }))
}

#[test]
fn a_token_lets_one_machine_join_and_none_after_it() {
    let mut world = World::default();
    world.ok(create(token(1)));
    assert_eq!(world.run(create(token(1))), Err(Refusal::JoinTokenExists { id: id(1) }));
    assert_eq!(world.run(used(9, "n1")), Err(Refusal::JoinTokenUnknown));
    let replies = world.apply(vec![used(1, "n1"), used(1, "n2")]);
    let Ok(Reply::JoinTokenStored(stored)) = &replies[0] else { panic!("{replies:?}") };
    assert_eq!(stored.used.as_ref().map(|used| (&*used.name, &*used.address)), Some(("n1", "10.0.0.9:1")));
    assert_eq!(replies[1], Err(Refusal::JoinTokenUsed { id: id(1), name: "n1".into() }));
    assert_eq!(world.now().join_token(id(1)).unwrap().modify_index, world.index());
}

#[test]
fn a_token_is_for_what_it_says_and_until_it_ends() {
    let mut world = World::default();
    world.ok(create(JoinToken { node_name: Some("n1".into()), ..token(1) }));
    world.ok(create(JoinToken { role: JoinRole::Server, ..token(2) }));
    world.ok(create(JoinToken { expiration_time: UnixNanos(1), ..token(3) }));
    world.ok(create(token(4)));
    assert_eq!(world.run(used(1, "n2")), Err(Refusal::JoinTokenName { id: id(1), name: "n1".into() }));
    assert_eq!(world.run(used(2, "n1")), Err(Refusal::JoinTokenRole { id: id(2), role: "server".into() }));
    assert_eq!(world.run(used(3, "n1")), Err(Refusal::JoinTokenExpired { id: id(3) }));
    world.ok(Command::JoinTokenDelete(JoinTokenDelete { id: id(4) }));
    assert_eq!(world.run(used(4, "n1")), Err(Refusal::JoinTokenUnknown));
    let gone = Command::JoinTokenDelete(JoinTokenDelete { id: id(4) });
    assert_eq!(world.run(gone), Err(Refusal::JoinTokenMissing { id: id(4) }));
    world.ok(used(1, "n1"));
}

#[test]
fn ended_tokens_are_remembered_for_a_day_and_then_dropped() {
    let mut world = World::default();
    world.ok(create(token(1)));
    let later = |time, command| Entry { time: UnixNanos(time), commands: vec![command] };
    let index = world.index().next();
    world.state.apply(index, &later(DAY, create(token(2))));
    assert_eq!(world.now().join_tokens().count(), 2, "it may still be asked about");
    world.state.apply(index.next(), &later(DAY + 61_000_000_000, create(token(3))));
    let left: Vec<_> = world.now().join_tokens().map(|token| token.id).collect();
    assert_eq!(left, [id(3)], "the second ended with the first");
}

/// Written forever: see `golden.rs`.
#[test]
fn the_records_of_join_tokens_are_read_and_written_as_ever() {
    let mut world = World::default();
    world.ok(create(JoinToken { node_name: Some("n1".into()), ..token(1) }));
    world.ok(create(JoinToken { role: JoinRole::Server, created_by: None, ..token(2) }));
    world.ok(used(1, "n1"));
    world.ok(create(token(3)));
    world.ok(Command::JoinTokenDelete(JoinTokenDelete { id: id(3) }));
    let mut lines: Vec<_> =
        world.log.iter().map(|(_, entry)| hex(&rmp_serde::to_vec_named(entry).unwrap())).collect();
    let written = rows(&world.now());
    assert_eq!(written.iter().filter(|row| row.kind == RowKind::JoinToken).count(), 2);
    lines.extend(written.iter().map(|row| hex(&row.bytes)));
    let stored = fixture("join-tokens-v1.hex", &lines);
    assert!(stored == lines, "the same commands leave other bytes than before");
    let mut state = State::new();
    for (line, (index, _)) in stored.iter().zip(&world.log) {
        state.apply(*index, &rmp_serde::from_slice(&unhex(line)).unwrap());
    }
    assert_eq!(state.hash(), world.state.hash());
    assert_eq!(State::restore(written.into_iter().map(Ok)).unwrap().hash(), world.state.hash());
}
