//! Policies, roles and one-time tokens: what links to what, and what a token comes to have by it.

use std::collections::BTreeSet;

use muster_ids::{Index, PolicyName, RoleId, UnixNanos};
use muster_model::{AclPolicy, AclRole, AclToken, JobAcl, OneTimeToken, Payload, TokenKind};
use muster_state::command::{
    AclPolicyDelete, AclPolicyUpsert, AclRoleDelete, AclRoleUpsert, Command, Entry, OneTimeTokenCreate,
    OneTimeTokenExchange, Refusal, Reply,
};
use muster_state::{RowKind, SnapshotRow, State, Topic, WatchKey};

use crate::acl::{accessor, create, delete, token, update};
use crate::golden::{fixture, hex, unhex};
use crate::world::{World, rows};

pub fn policy(name: &str) -> AclPolicy {
    AclPolicy {
        name: PolicyName::new(name).unwrap(),
        description: format!("for {name}").into(),
        rules: "node { policy = \"read\" }".into(),
        job: None,
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
    }
}

pub fn bound(name: &str, namespace: &str, job: Option<&str>) -> AclPolicy {
    let job = JobAcl {
        namespace: namespace.parse().unwrap(),
        job: job.map(|job| job.parse().unwrap()),
        group: None,
        task: None,
    };
    AclPolicy { job: Some(job), ..policy(name) }
}

pub fn upsert(policies: Vec<AclPolicy>) -> Command {
    Command::AclPolicyUpsert(AclPolicyUpsert { policies })
}

pub fn forget(names: &[&str]) -> Command {
    let names = names.iter().map(|name| PolicyName::new(*name).unwrap()).collect();
    Command::AclPolicyDelete(AclPolicyDelete { names })
}

pub fn role_id(number: u8) -> RoleId {
    RoleId::from_bytes([number; 16])
}

pub fn role(number: u8, name: &str, policies: &[&str], replaces: bool) -> Command {
    let role = AclRole {
        id: role_id(number),
        name: name.parse().unwrap(),
        description: "bundle".into(),
        policies: policies.iter().map(|name| PolicyName::new(*name).unwrap()).collect(),
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
    };
    Command::AclRoleUpsert(Box::new(AclRoleUpsert { role, replaces }))
}

pub fn drop_role(number: u8) -> Command {
    Command::AclRoleDelete(AclRoleDelete { id: role_id(number) })
}

/// A token that never expires.
pub fn lasting(number: u8, secret: u8, roles: &[u8]) -> Command {
    let Command::AclTokenCreate(mut made) = create(number, secret) else { panic!("no token") };
    made.token.expiration_time = None;
    made.token.roles = roles.iter().map(|role| role_id(*role)).collect();
    Command::AclTokenCreate(made)
}

/// Good until the second `until` of a world, whose entries are a second apart.
pub fn once(number: u8, secret: u8, until: i64) -> Command {
    let token = OneTimeToken {
        accessor: accessor(number),
        secret_hash: [secret; 32],
        sealed: Payload::new(&[1, 2, 255]),
        expires_at: UnixNanos(until * 1_000_000_000),
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
    };
    Command::OneTimeTokenCreate(Box::new(OneTimeTokenCreate { token }))
}

pub fn exchange(secret: u8) -> Command {
    Command::OneTimeTokenExchange(OneTimeTokenExchange { secret_hash: [secret; 32] })
}

fn names(world: &World, token: &AclToken) -> Vec<String> {
    world.now().acl_policy_names(token).iter().map(ToString::to_string).collect()
}

#[test]
fn policies_are_rewritten_under_their_names_and_forgotten_whether_they_exist_or_not() {
    let mut world = World::default();
    world.ok(upsert(vec![policy("a"), policy("b")]));
    let made = world.index();
    let told: Vec<_> =
        world.told.iter().map(|event| (event.row.topic(), event.kind, event.row.key())).collect();
    assert_eq!(told[0], (Topic::AclPolicy, "ACLPolicyUpserted", "a".to_owned()));
    assert_eq!(told.len(), 2);
    let name = |text: &str| WatchKey::AclPolicy(PolicyName::new(text).unwrap());
    assert_eq!(world.changed, [name("a"), WatchKey::AclPolicies, name("b")]);
    world.ok(upsert(vec![AclPolicy { rules: "".into(), ..policy("a") }]));
    let now = world.now();
    let (a, b) = (now.acl_policy("a").unwrap(), now.acl_policy("b").unwrap());
    assert_eq!((a.create_index, a.modify_index, &*a.rules), (made, world.index(), ""));
    assert_eq!(b.modify_index, made);
    world.ok(forget(&["a", "nothing"]));
    assert!(world.now().acl_policy("a").is_none());
    assert_eq!(world.told.len(), 1, "what was not there is not told");
    world.ok(forget(&["nothing"]));
    assert!(world.changed.is_empty());
}

#[test]
fn roles_have_names_of_their_own_and_policies_that_exist() {
    let mut world = World::default();
    let missing = |name: &str| Err(Refusal::AclPolicyMissing { policy: PolicyName::new(name).unwrap() });
    assert_eq!(world.run(role(1, "ops", &["a"], false)), missing("a"));
    world.ok(upsert(vec![policy("a"), policy("b")]));
    let Reply::AclRoleStored(stored) = world.ok(role(1, "ops", &["a"], false)) else { panic!("no role") };
    assert_eq!((stored.create_index, stored.modify_index), (world.index(), world.index()));
    assert_eq!(world.told[0].kind, "ACLRoleUpserted");
    assert_eq!(world.told[0].row.filter_keys(), ["ops"]);
    let taken = Err(Refusal::AclRoleNameTaken { name: "ops".parse().unwrap() });
    assert_eq!(world.run(role(2, "ops", &["a"], false)), taken);
    assert_eq!(world.run(role(1, "dev", &["a"], false)), Err(Refusal::AclRoleExists { role: role_id(1) }));
    assert_eq!(world.run(role(2, "dev", &["a"], true)), Err(Refusal::AclRoleMissing { role: role_id(2) }));
    world.ok(role(2, "dev", &["b"], false));
    assert_eq!(world.run(role(2, "ops", &["b"], true)), taken);
    assert_eq!(world.run(role(2, "dev", &["b", "c"], true)), missing("c"));
    world.ok(role(2, "qa", &["b", "a"], true));
    let now = world.now();
    assert!(now.acl_role_by_name("dev").is_none(), "the old name is free");
    let qa = now.acl_role_by_name("qa").unwrap();
    assert_eq!((qa.id, qa.policies.len(), qa.create_index < qa.modify_index), (role_id(2), 2, true));
    world.ok(role(3, "dev", &["a"], false));
    world.ok(drop_role(3));
    assert_eq!(world.run(drop_role(3)), Err(Refusal::AclRoleNotFound));
    assert_eq!(world.now().watch_index(&WatchKey::AclRole(role_id(3))), Index(world.index().0 - 1));
}

#[test]
fn a_token_has_its_own_policies_and_those_of_its_roles_as_they_are_now() {
    let mut world = World::default();
    world.ok(upsert(vec![policy("a"), policy("b"), policy("c")]));
    let linked = AclToken { roles: vec![role_id(1)], ..token(1, TokenKind::Client) };
    let made = lasting(1, 11, &[1]);
    assert_eq!(world.run(made.clone()), Err(Refusal::AclRoleMissing { role: role_id(1) }));
    world.ok(role(1, "ops", &["a", "b"], false));
    world.ok(made);
    assert_eq!(names(&world, &linked), ["a", "b", "readers"]);
    world.ok(role(1, "ops", &["c"], true));
    assert_eq!(names(&world, &linked), ["c", "readers"]);
    let other = AclToken { roles: vec![role_id(2)], ..linked.clone() };
    assert_eq!(world.run(update(other)), Err(Refusal::AclRoleMissing { role: role_id(2) }));
    world.ok(drop_role(1));
    assert_eq!(names(&world, &linked), ["readers"], "what is gone grants nothing");
    let without = AclToken { roles: vec![], ..linked };
    world.ok(update(without));
    assert!(world.now().acl_token(accessor(1)).unwrap().roles.is_empty());
}

#[test]
fn workloads_have_the_policies_that_are_bound_to_them() {
    let mut world = World::default();
    world.ok(upsert(vec![
        bound("all", "prod", None),
        bound("-first", "prod", Some("web")),
        bound("db", "prod", Some("db")),
        bound("elsewhere", "dev", None),
        policy("unbound"),
    ]));
    let of = |world: &World, namespace: &str, job: &str| {
        let (namespace, job) = (namespace.parse().unwrap(), job.parse().unwrap());
        let (group, task) = ("g".parse().unwrap(), "t".parse().unwrap());
        let now = world.now();
        let found = now.acl_policies_of_workload(&namespace, &job, &group, &task);
        found.map(|policy| policy.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(of(&world, "prod", "web"), ["-first", "all"]);
    assert_eq!(of(&world, "prod", "db"), ["all", "db"]);
    assert_eq!(of(&world, "default", "web"), [""; 0]);
    world.ok(upsert(vec![policy("all"), bound("db", "dev", Some("db"))]));
    assert_eq!(of(&world, "prod", "web"), ["-first"]);
    assert_eq!(of(&world, "dev", "db"), ["db", "elsewhere"]);
    world.ok(forget(&["-first"]));
    assert_eq!(of(&world, "prod", "web"), [""; 0]);
}

#[test]
fn a_one_time_token_is_good_once_and_not_for_long() {
    let mut world = World::default();
    let unknown = Err(Refusal::OneTimeTokenUnknown);
    assert_eq!(world.run(once(1, 21, 100)), unknown, "there is no such token");
    world.ok(create(3, 13));
    assert_eq!(world.run(once(3, 21, 100)), unknown, "the token is over");
    world.ok(lasting(1, 11, &[]));
    world.ok(lasting(2, 12, &[]));
    assert!(matches!(world.ok(once(1, 21, 100)), Reply::OneTimeTokenStored(_)));
    assert_eq!(world.run(once(2, 21, 100)), unknown, "a secret is of one token");
    world.ok(once(1, 22, 100));
    assert_eq!(world.run(exchange(21)), unknown, "a newer one counts");
    // Both in one entry: the first gets it.
    let replies = world.apply(vec![exchange(22), exchange(22)]);
    let Ok(Reply::OneTimeTokenExchanged { token, sealed }) = &replies[0] else { panic!("{replies:?}") };
    assert_eq!((token.accessor, sealed.bytes()), (accessor(1), &[1, 2, 255][..]));
    assert_eq!(replies[1], unknown);

    let soon = world.index().0.cast_signed() + 2;
    world.ok(once(1, 23, soon));
    assert_eq!(world.run(exchange(23)), unknown, "it is over");
    assert!(world.now().has_expired_one_time_tokens(world.now().time()));
    world.ok(Command::OneTimeTokenCollect);
    assert!(!world.now().has_expired_one_time_tokens(UnixNanos(i64::MAX)));
    world.ok(once(2, 24, 100));
    world.ok(delete(&[2]));
    assert_eq!(world.run(exchange(24)), unknown, "it went with its token");
    assert!(!format!("{:?} {:?}", once(1, 77, 9), exchange(77)).contains("77"));
}

/// What there is of each kind.
fn scripted() -> World {
    let mut world = World::default();
    world.apply(vec![upsert(vec![policy("a"), bound("b", "prod", Some("web"))]), lasting(1, 11, &[])]);
    world.ok(role(1, "ops", &["a", "b"], false));
    world.ok(lasting(2, 12, &[1]));
    world.apply(vec![once(1, 21, 100), once(2, 22, 100), exchange(22), Command::OneTimeTokenCollect]);
    world.apply(vec![upsert(vec![policy("c")]), role(2, "gone", &["c"], false)]);
    world.apply(vec![forget(&["c"]), drop_role(2)]);
    world
}

#[test]
fn records_of_policies_and_roles_are_read_and_written_as_ever() {
    let current = rows(&scripted().now());
    let lines = current.iter().map(|row| format!("{} {} {}", row.kind as u8, row.version, hex(&row.bytes)));
    let fixture = fixture("acl-rows-v1.hex", &lines.collect::<Vec<_>>());
    let parse = |line: &String| {
        let parts: Vec<&str> = line.split(' ').collect();
        let kind = RowKind::from_u8(parts[0].parse().unwrap()).unwrap();
        SnapshotRow { kind, version: parts[1].parse().unwrap(), bytes: unhex(parts[2]) }
    };
    let stored: Vec<_> = fixture.iter().map(parse).collect();
    let kinds: BTreeSet<u8> = stored.iter().map(|row| row.kind as u8).collect();
    assert!([20, 21, 22, 23].iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
    let restored = State::restore(stored.iter().cloned().map(Ok)).unwrap();
    assert!(rows(&restored.snapshot()) == stored, "records are written differently than before");
    assert!(current == stored, "the same commands leave other records than before");
}

#[test]
fn commands_about_policies_and_roles_are_read_and_written_as_ever() {
    let world = scripted();
    let encode = |(_, entry): &(Index, Entry)| hex(&rmp_serde::to_vec_named(entry).unwrap());
    let fixture = fixture("acl-entries-v1.hex", &world.log.iter().map(encode).collect::<Vec<_>>());
    let mut state = State::new();
    for (line, index) in fixture.iter().zip(1..) {
        let bytes = unhex(line);
        let entry: Entry = rmp_serde::from_slice(&bytes).unwrap();
        assert!(rmp_serde::to_vec_named(&entry).unwrap() == bytes, "entry {index} is written differently");
        state.apply(Index(index), &entry);
    }
    assert_eq!(state.hash(), world.state.hash(), "the old log leads to another state");
}
