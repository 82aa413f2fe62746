//! Tokens: one bootstrap, no two with one secret, and none that is left over in an index.

use muster_ids::{AccessorId, Index, UnixNanos};
use muster_model::{AclToken, TokenKind};
use muster_state::command::{
    AclBootstrap, AclTokenCreate, AclTokenDelete, AclTokenUpdate, Command, Entry, Refusal, Reply,
};
use muster_state::{State, WatchKey};

use crate::world::{World, rows};

pub fn accessor(number: u8) -> AccessorId {
    AccessorId::from_bytes([number; 16])
}

pub fn token(number: u8, kind: TokenKind) -> AclToken {
    AclToken {
        accessor: accessor(number),
        name: format!("token {number}").into(),
        kind,
        policies: if kind == TokenKind::Client { vec!["readers".into()] } else { Vec::new() },
        roles: Vec::new(),
        global: false,
        create_time: UnixNanos(9),
        expiration_time: (kind == TokenKind::Client).then_some(UnixNanos(1_000_000)),
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
    }
}

fn bootstrap(number: u8, reset_index: Option<Index>) -> Command {
    let token = AclToken { global: true, ..token(number, TokenKind::Management) };
    Command::AclBootstrap(Box::new(AclBootstrap { token, secret_hash: [number; 32], reset_index }))
}

pub fn create(number: u8, secret: u8) -> Command {
    let token = token(number, TokenKind::Client);
    Command::AclTokenCreate(Box::new(AclTokenCreate { token, secret_hash: [secret; 32] }))
}

pub fn update(token: AclToken) -> Command {
    Command::AclTokenUpdate(Box::new(AclTokenUpdate { token }))
}

pub fn delete(numbers: &[u8]) -> Command {
    let accessors = numbers.iter().map(|number| accessor(*number)).collect();
    Command::AclTokenDelete(AclTokenDelete { accessors })
}

#[test]
fn a_cluster_is_bootstrapped_once_unless_its_index_is_named() {
    let mut world = World::default();
    world.ok(bootstrap(1, None));
    let done = world.index();
    assert_eq!(world.now().acl_bootstrap_index(), done);
    assert_eq!(world.run(bootstrap(2, None)), Err(Refusal::AclBootstrapDone { reset_index: done }));
    let wrong = Refusal::AclBootstrapResetIndex { specified: Index(99), reset_index: done };
    assert_eq!(world.run(bootstrap(2, Some(Index(99)))), Err(wrong));
    world.ok(bootstrap(2, Some(done)));
    assert_eq!(world.now().acl_tokens().count(), 2, "a reset revokes nothing");
    assert!(world.now().acl_bootstrap_index() > done);
}

#[test]
fn tokens_are_found_by_the_hash_of_their_secret_and_by_nothing_once_deleted() {
    let mut world = World::default();
    let Reply::AclTokenStored(stored) = world.ok(create(1, 11)) else { panic!("no token") };
    assert_eq!(stored.create_index, world.index());
    assert_eq!(world.changed, [WatchKey::AclToken(accessor(1)), WatchKey::AclTokens]);
    let exists = |number| Err(Refusal::AclTokenExists { accessor: accessor(number) });
    assert_eq!(world.run(create(1, 12)), exists(1));
    assert_eq!(world.run(create(2, 11)), exists(2));
    world.ok(create(2, 12));
    let renamed = AclToken { name: "other".into(), policies: vec![], ..token(1, TokenKind::Client) };
    world.ok(update(renamed));
    let now = world.now();
    let (found, hash) = now.acl_token_by_secret(&[11; 32]).unwrap();
    assert_eq!((&*found.name, found.policies.len(), hash), ("other", 0, [11; 32]));
    assert_eq!(found.expiration_time, Some(UnixNanos(1_000_000)), "an update does not prolong");
    assert!(found.expired(UnixNanos(1_000_000)) && !found.expired(UnixNanos(999_999)));

    let missing = Refusal::AclTokensMissing { accessors: vec![accessor(9)] };
    assert_eq!(world.run(delete(&[1, 9])), Err(missing));
    world.ok(delete(&[1, 2]));
    assert!(world.now().acl_token_by_secret(&[11; 32]).is_none());
    assert_eq!(world.now().acl_tokens().count(), 0);
    assert_eq!(world.now().watch_index(&WatchKey::AclToken(accessor(1))), world.index());
}

#[test]
fn type_and_reach_of_a_token_never_change() {
    let mut world = World::default();
    world.ok(create(1, 11));
    let accessor = accessor(1);
    let manager = update(token(1, TokenKind::Management));
    assert_eq!(world.run(manager), Err(Refusal::AclTokenTypeChange { accessor }));
    let global = update(AclToken { global: true, ..token(1, TokenKind::Client) });
    assert_eq!(world.run(global), Err(Refusal::AclTokenGlobalChange { accessor }));
    let unknown = Refusal::AclTokenUnknown { accessor: self::accessor(3) };
    assert_eq!(world.run(update(token(3, TokenKind::Client))), Err(unknown));
}

#[test]
fn tokens_and_the_bootstrap_survive_a_snapshot_and_a_replay() {
    let mut world = World::default();
    world.ok(bootstrap(1, None));
    world.ok(create(2, 12));
    world.ok(create(3, 13));
    world.ok(delete(&[3]));
    let written = rows(&world.now());
    let restored = State::restore(written.iter().cloned().map(Ok)).unwrap().snapshot();
    assert!(rows(&restored) == written);
    assert_eq!(restored.acl_bootstrap_index(), world.now().acl_bootstrap_index());
    assert!(restored.acl_token_by_secret(&[12; 32]).is_some());
    let mut again = State::new();
    for (index, entry) in &world.log {
        let bytes = rmp_serde::to_vec_named(entry).unwrap();
        let entry: Entry = rmp_serde::from_slice(&bytes).unwrap();
        again.apply(*index, &entry);
    }
    assert_eq!(again.hash(), world.state.hash());
}
