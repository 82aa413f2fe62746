//! Root keys: one is active, the others wait or have been; what is in use stays.

use muster_ids::{Index, RootKeyId, UnixNanos};
use muster_model::{RootKey, RootKeyState, SigningAlgorithm, WrappedKey};
use muster_state::command::{
    Command, Entry, Refusal, Reply, RootKeyAdd, RootKeyCondition, RootKeyDelete, RootKeyStateUpdate,
};
use muster_state::{RowKind, SnapshotRow, State, WatchKey};

use crate::golden::{fixture, hex, unhex};
use crate::world::{World, rows};

pub fn root_key_id(number: u32) -> RootKeyId {
    let mut bytes = [7; 16];
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    RootKeyId::from_bytes(bytes)
}

/// Prepublished when it has a time to be published at.
pub fn root_key(number: u32, publish_time: Option<UnixNanos>) -> RootKey {
    RootKey {
        id: root_key_id(number),
        state: if publish_time.is_some() { RootKeyState::Prepublished } else { RootKeyState::Active },
        signing: if number.is_multiple_of(2) { SigningAlgorithm::EdDsa } else { SigningAlgorithm::Rs256 },
        rsa_public: vec![1, 200, 3],
        ed25519_public: vec![9; 32],
        wrapped: vec![WrappedKey { kek: "aead-1".into(), nonce: [1; 12], ciphertext: vec![255, 0, 1] }],
        create_time: UnixNanos(i64::from(number)),
        publish_time,
        retired_time: None,
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
    }
}

fn add(number: u32, condition: RootKeyCondition) -> Command {
    Command::RootKeyAdd(Box::new(RootKeyAdd { key: root_key(number, None), rekey: false, condition }))
}

fn prepublish(number: u32, condition: RootKeyCondition) -> Command {
    let key = root_key(number, Some(UnixNanos(99)));
    Command::RootKeyAdd(Box::new(RootKeyAdd { key, rekey: false, condition }))
}

fn update(number: u32, state: RootKeyState) -> Command {
    Command::RootKeyStateUpdate(RootKeyStateUpdate { id: root_key_id(number), state })
}

fn delete(number: u32, force: bool) -> Command {
    Command::RootKeyDelete(RootKeyDelete { id: root_key_id(number), force })
}

fn states(world: &World) -> Vec<(u32, RootKeyState)> {
    let number = |id: RootKeyId| (1..100).find(|number| root_key_id(*number) == id).unwrap();
    world.now().root_keys().map(|key| (number(key.id), key.state)).collect()
}

#[test]
fn a_new_key_takes_the_place_of_the_active_one() {
    let mut world = World::default();
    let Reply::RootKeyStored(first) = world.ok(add(1, RootKeyCondition::First)) else { panic!("no key") };
    assert_eq!((first.create_index, first.state), (world.index(), RootKeyState::Active));
    assert_eq!(world.changed, [WatchKey::RootKeys]);
    assert_eq!(world.run(add(2, RootKeyCondition::First)), Err(Refusal::RootKeysChanged));
    assert_eq!(
        world.run(add(1, RootKeyCondition::Always)),
        Err(Refusal::RootKeyExists { id: root_key_id(1) })
    );
    world.ok(add(2, RootKeyCondition::Next { active: root_key_id(1) }));
    assert_eq!(states(&world), [(1, RootKeyState::Inactive), (2, RootKeyState::Active)]);
    let retired = world.now().root_key(root_key_id(1)).unwrap().retired_time;
    assert_eq!(retired, Some(world.now().time()));
    let late = add(3, RootKeyCondition::Next { active: root_key_id(1) });
    assert_eq!(world.run(late), Err(Refusal::RootKeysChanged), "another one is active by now");
}

#[test]
fn a_prepublished_key_waits_and_then_takes_its_place_once() {
    let mut world = World::default();
    assert!(world.run(prepublish(2, RootKeyCondition::Always)).is_err(), "the first key is active");
    world.ok(add(1, RootKeyCondition::First));
    let next = RootKeyCondition::Next { active: root_key_id(1) };
    world.ok(prepublish(2, next));
    assert_eq!(world.run(prepublish(3, next)), Err(Refusal::RootKeysChanged), "one is prepublished already");
    world.ok(prepublish(3, RootKeyCondition::Always));
    assert_eq!(world.now().active_root_key().unwrap().id, root_key_id(1));
    world.ok(update(2, RootKeyState::Active));
    assert_eq!(
        states(&world),
        [(1, RootKeyState::Inactive), (2, RootKeyState::Active), (3, RootKeyState::Prepublished)]
    );
    for (number, state) in
        [(1, RootKeyState::Active), (3, RootKeyState::Inactive), (2, RootKeyState::Rekeying)]
    {
        assert!(matches!(world.run(update(number, state)), Err(Refusal::RootKeyTransition { .. })));
    }
    let unknown = Err(Refusal::RootKeyNotFound { id: root_key_id(9) });
    assert_eq!(world.run(update(9, RootKeyState::Active)), unknown);
}

#[test]
fn the_active_key_stays_and_what_is_in_use_goes_by_force_only() {
    let mut world = World::default();
    world.ok(add(1, RootKeyCondition::First));
    for force in [false, true] {
        assert_eq!(world.run(delete(1, force)), Err(Refusal::RootKeyActive));
    }
    let full = RootKeyAdd { key: root_key(2, None), rekey: true, condition: RootKeyCondition::Always };
    world.ok(Command::RootKeyAdd(Box::new(full)));
    assert_eq!(states(&world), [(1, RootKeyState::Rekeying), (2, RootKeyState::Active)]);
    assert_eq!(world.run(delete(1, false)), Err(Refusal::RootKeyInUse));
    world.ok(update(1, RootKeyState::Inactive));
    world.ok(delete(1, false));
    assert_eq!(states(&world), [(2, RootKeyState::Active)]);
    assert_eq!(world.run(delete(1, false)), Err(Refusal::RootKeyNotFound { id: root_key_id(1) }));
}

/// Every command and a record of every state.
fn scripted() -> World {
    let mut world = World::default();
    world.ok(add(1, RootKeyCondition::First));
    world.ok(prepublish(2, RootKeyCondition::Next { active: root_key_id(1) }));
    world.ok(update(2, RootKeyState::Active));
    let full = RootKeyAdd { key: root_key(3, None), rekey: true, condition: RootKeyCondition::Always };
    world.ok(Command::RootKeyAdd(Box::new(full)));
    world.ok(add(4, RootKeyCondition::Always));
    world.ok(delete(1, true));
    world.ok(prepublish(5, RootKeyCondition::Always));
    world
}

#[test]
fn records_of_root_keys_are_read_and_written_as_ever() {
    let world = scripted();
    let current = rows(&world.now());
    let lines = current.iter().map(|row| format!("{} {} {}", row.kind as u8, row.version, hex(&row.bytes)));
    let fixture = fixture("root-keys-snapshot-v1.hex", &lines.collect::<Vec<_>>());
    let parse = |line: &String| {
        let parts: Vec<&str> = line.split(' ').collect();
        let kind = RowKind::from_u8(parts[0].parse().unwrap()).unwrap();
        SnapshotRow { kind, version: parts[1].parse().unwrap(), bytes: unhex(parts[2]) }
    };
    let stored: Vec<_> = fixture.iter().map(parse).collect();
    assert_eq!(stored.iter().filter(|row| row.kind == RowKind::RootKey).count(), 4);
    let restored = State::restore(stored.iter().cloned().map(Ok)).unwrap();
    assert!(rows(&restored.snapshot()) == stored, "records are written differently than before");
    assert!(current == stored, "the same commands leave other records than before");
}

#[test]
fn commands_about_root_keys_are_read_and_written_as_ever() {
    let world = scripted();
    let encode = |(_, entry): &(Index, Entry)| hex(&rmp_serde::to_vec_named(entry).unwrap());
    let fixture = fixture("root-keys-entries-v1.hex", &world.log.iter().map(encode).collect::<Vec<_>>());
    let mut state = State::new();
    for (line, index) in fixture.iter().zip(1..) {
        let bytes = unhex(line);
        let entry: Entry = rmp_serde::from_slice(&bytes).unwrap();
        assert!(rmp_serde::to_vec_named(&entry).unwrap() == bytes, "entry {index} is written differently");
        state.apply(Index(index), &entry);
    }
    assert_eq!(state.hash(), world.state.hash(), "the old log leads to another state");
}
