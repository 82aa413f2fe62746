//! Namespaces: what they let in, when they go, and that nothing of one is left to the next of its name.

use muster_ids::{Index, Namespace, NodePool, Region, Text};
use muster_model::{
    ClientStatus, ClusterChoice, DesiredTransition, Job, JobKey, JobType, NamespaceCapabilities,
    NamespaceDetails, NodePoolDetails, Parameterized, PoolBinding,
};
use muster_state::command::{
    Command, Entry, JobDispatch, LaunchCause, NamespaceDelete, NamespaceUpsert, NodePoolUpsert,
};
use muster_state::{State, WatchKey};

use crate::build::{
    SEED, dispatch, dispatching, eval_id, evaluation, job, join, node, parameterized, periodic, placement,
    plan, register, report,
};
use crate::golden::{fixture, hex, unhex};
use crate::world::{World, rows};

pub fn name(text: &str) -> Namespace {
    Namespace::new(text).unwrap()
}

fn pool(text: &str) -> NodePool {
    NodePool::new(text).unwrap()
}

fn texts(list: &[&str]) -> Vec<Text> {
    list.iter().map(|text| Text::from(*text)).collect()
}

pub fn upsert(details: NamespaceDetails) -> Command {
    Command::NamespaceUpsert(NamespaceUpsert { namespaces: vec![details], seed: SEED })
}

pub fn delete(text: &str) -> Command {
    Command::NamespaceDelete(NamespaceDelete { names: vec![name(text)], region: Region::global() })
}

fn made(text: &str) -> Command {
    upsert(NamespaceDetails::bare(name(text)))
}

fn make_pool(text: &str) -> Command {
    Command::NodePoolUpsert(Box::new(NodePoolUpsert { details: NodePoolDetails::bare(pool(text)) }))
}

fn bound(text: &str, allowed: &[&str]) -> NamespaceDetails {
    let pools = PoolBinding { default: None, allowed: Some(texts(allowed)), denied: Vec::new() };
    NamespaceDetails { pools, ..NamespaceDetails::bare(name(text)) }
}

fn in_namespace(text: &str, job: Job) -> Job {
    Job { namespace: name(text), ..job }
}

fn refusal(world: &mut World, command: Command) -> String {
    world.run(command).unwrap_err().to_string()
}

#[test]
fn a_job_is_only_let_into_a_namespace_that_exists() {
    let mut world = World::default();
    let job = in_namespace("a", job("x", JobType::Service));
    let refused = refusal(&mut world, register(job.clone(), 1));
    assert_eq!(refused, "job \"x\" is in nonexistent namespace \"a\"");
    world.ok(made("a"));
    assert!(
        world.changed.contains(&WatchKey::Namespaces)
            && world.changed.contains(&WatchKey::Namespace(name("a")))
    );
    world.ok(register(job, 1));
    assert_eq!(
        world.now().namespaces().map(|one| one.name.to_string()).collect::<Vec<_>>(),
        ["a", "default"]
    );
}

#[test]
fn a_namespace_says_which_pools_drivers_and_modes_do() {
    let mut world = World::default();
    world.ok(make_pool("gpu"));
    let capabilities = NamespaceCapabilities {
        disabled_drivers: texts(&["raw_*"]),
        disabled_modes: texts(&["host"]),
        ..Default::default()
    };
    world.ok(upsert(NamespaceDetails { capabilities, ..bound("a", &["gpu"]) }));
    let mut job = in_namespace("a", job("x", JobType::Service));
    job.groups[0].tasks[0].driver = "raw_exec".parse().unwrap();
    for group in &mut job.groups {
        group.network = Some(muster_model::GroupNetwork::default());
    }
    let refused = refusal(&mut world, register(job.clone(), 1));
    for part in [
        "node pool \"default\" is not allowed in namespace \"a\"",
        "in group \"web\" uses driver \"raw_exec\", which is not allowed in namespace \"a\"",
        "group \"web\" uses network mode \"host\", which is not allowed in namespace \"a\"",
        "group \"db\" uses network mode \"host\", which is not allowed in namespace \"a\"",
    ] {
        assert!(refused.contains(part), "{part}\n{refused}");
    }
    job.node_pool = pool("gpu");
    job.groups[0].tasks[0].driver = "exec".parse().unwrap();
    job.groups[1].tasks[0].driver = "exec".parse().unwrap();
    for group in &mut job.groups {
        group.network.as_mut().unwrap().mode = muster_model::NetworkMode::Bridge;
    }
    world.ok(register(job.clone(), 1));
    // Without a network of its own a group has the host's.
    job.groups[0].network = None;
    assert!(refusal(&mut world, register(job, 2)).contains("network mode \"host\""));
}

#[test]
fn children_are_held_to_what_counts_when_they_are_made() {
    let mut world = World::default();
    world.ok(made("a"));
    world.ok(register(in_namespace("a", parameterized("p", Parameterized::default())), 1));
    world.ok(register(in_namespace("a", periodic("q")), 2));
    let mut asked = dispatching("p", 3);
    asked.key.namespace = name("a");
    world.ok(dispatch(asked.clone()));
    world.ok(upsert(bound("a", &["gpu"])));
    let refused = refusal(&mut world, dispatch(JobDispatch { eval_id: eval_id(4), ..asked }));
    assert_eq!(refused, "node pool \"default\" is not allowed in namespace \"a\"");
    let launch = |cause, eval| {
        let Command::PeriodicLaunch(mut launch) = crate::build::launch("q", cause, eval) else { panic!() };
        launch.key.namespace = name("a");
        Command::PeriodicLaunch(launch)
    };
    assert!(refusal(&mut world, launch(LaunchCause::Force, 5)).contains("is not allowed in namespace"));
    let at = LaunchCause::Schedule(muster_ids::UnixNanos(60_000_000_000));
    let reply = world.ok(launch(at, 6));
    assert!(
        matches!(reply, muster_state::command::Reply::PeriodicLaunched { child: None, .. }),
        "the schedule is followed without a child: {reply:?}"
    );
}

/// Where the scheduler saw an older binding, the plan is held to the newer one.
#[test]
fn a_plan_places_nothing_where_the_namespace_may_not_run_any_more() {
    let mut world = World::default();
    world.ok(join(node(1)));
    world.ok(made("a"));
    world.ok(register(in_namespace("a", job("x", JobType::Service)), 1));
    let planned = |world: &World, number| {
        let mut made = plan("x", 1, 0, world.index());
        made.namespace = name("a");
        made.placements = vec![placement(number, 1, &[])];
        made
    };
    let (first, late) = (planned(&world, 1), planned(&world, 2));
    assert!(world.plan(first).refused.is_empty());
    world.ok(upsert(bound("a", &["gpu"])));
    let outcome = world.plan(late);
    assert_eq!(outcome.refused.len(), 1);
    assert!(outcome.crowded.is_empty(), "the node is not to blame");
    let mut same = planned(&world, 1);
    same.placements[0].id = crate::build::alloc_id(1);
    assert!(world.plan(same).refused.is_empty(), "what runs there goes on");
}

#[test]
fn a_namespace_goes_only_when_everything_in_it_is_over_and_takes_that_with_it() {
    let mut world = World::default();
    assert_eq!(refusal(&mut world, delete("default")), "can not delete default namespace");
    assert_eq!(refusal(&mut world, delete("a")), "namespace \"a\" not found");
    world.ok(join(node(1)));
    world.ok(made("a"));
    world.ok(made("b"));
    world.ok(register(job("x", JobType::Batch), 9));
    world.ok(register(in_namespace("a", job("x", JobType::Batch)), 1));
    let busy = "namespace \"a\" has non-terminal jobs in regions: [global]";
    assert_eq!(refusal(&mut world, delete("a")), busy);
    let both = NamespaceDelete { names: vec![name("b"), name("a")], region: Region::global() };
    assert_eq!(refusal(&mut world, Command::NamespaceDelete(both)), busy);
    assert!(world.now().namespace(&name("b")).is_some(), "none of them goes");

    let mut start = plan("x", 1, 0, world.index());
    start.namespace = name("a");
    start.placements = vec![placement(1, 1, &[])];
    let done =
        evaluation(1, &in_namespace("a", job("x", JobType::Batch)), muster_model::EvalStatus::Complete);
    start.evals_if_whole = vec![done];
    world.plan(start);
    assert_eq!(refusal(&mut world, delete("a")), busy);
    let stop = muster_state::command::AllocStop {
        id: crate::build::alloc_id(1),
        transition: DesiredTransition::default(),
        eval_id: eval_id(7),
    };
    world.ok(Command::AllocStop(stop));
    world.ok(report(1, 1, ClientStatus::Complete));
    let over =
        evaluation(7, &in_namespace("a", job("x", JobType::Batch)), muster_model::EvalStatus::Complete);
    world.ok(Command::EvalUpdate(muster_state::command::EvalUpdate { evals: vec![over] }));
    world.ok(delete("a"));

    let now = world.now();
    let key = JobKey { namespace: name("a"), id: "x".parse().unwrap() };
    assert!(now.namespace(&name("a")).is_none() && now.job(&key).is_none());
    assert_eq!((now.allocs_by_job(&key).count(), now.evals_by_job(&key).count()), (0, 0));
    assert_eq!(now.jobs().count(), 1, "what is in another namespace stays");
    world.ok(made("a"));
    assert_eq!(world.now().allocs().count(), 0);
}

#[test]
fn a_dispatch_token_of_a_namespace_that_went_is_as_new() {
    let mut world = World::default();
    world.ok(made("a"));
    let ask = |eval: u32| {
        let mut asked = JobDispatch { token: Some("once".into()), ..dispatching("p", eval) };
        asked.key.namespace = name("a");
        dispatch(asked)
    };
    let gone = |id: &str, eval| {
        let Command::JobDeregister(mut gone) = crate::build::deregister(id, true, eval) else { panic!() };
        gone.key.namespace = name("a");
        Command::JobDeregister(gone)
    };
    world.ok(register(in_namespace("a", parameterized("p", Parameterized::default())), 1));
    world.ok(ask(2));
    let child = world.now().jobs().find(|job| job.parent_id.is_some()).unwrap().clone();
    world.ok(gone(child.id.as_str(), 3));
    world.ok(gone("p", 4));
    let now = world.now();
    let evals = now.evals().map(|eval| {
        let mut eval = muster_model::Evaluation::clone(eval);
        eval.status = muster_model::EvalStatus::Complete;
        eval
    });
    let evals = evals.collect();
    world.ok(Command::EvalUpdate(muster_state::command::EvalUpdate { evals }));
    world.ok(delete("a"));
    world.ok(made("a"));
    world.ok(register(in_namespace("a", parameterized("p", Parameterized::default())), 5));
    let reply = world.ok(ask(6));
    let muster_state::command::Reply::JobDispatched { eval_id, .. } = reply else { panic!("{reply:?}") };
    assert!(eval_id.is_some(), "a new child is made");
}

#[test]
fn all_of_it_survives_a_snapshot_and_is_written_as_ever() {
    let mut world = World::default();
    let rich = NamespaceDetails {
        description: "of a customer".into(),
        meta: [("contact".into(), "ops".into())].into(),
        quota: "small".into(),
        capabilities: NamespaceCapabilities {
            enabled_drivers: texts(&["exec"]),
            disabled_drivers: texts(&["raw_exec"]),
            enabled_modes: texts(&["bridge", "cni/*"]),
            disabled_modes: texts(&["host"]),
        },
        pools: PoolBinding {
            default: Some(pool("gpu")),
            allowed: Some(texts(&["gpu", "edge-*"])),
            denied: texts(&["edge-9"]),
        },
        vault: ClusterChoice { default: "v".into(), allowed: Some(Vec::new()), denied: texts(&["w"]) },
        consul: ClusterChoice { default: "c".into(), ..ClusterChoice::default() },
        required_claims: [("team".into(), "a".into())].into(),
        optional_claims: [("node".into(), "${node.id}".into())].into(),
        ..NamespaceDetails::bare(name("a"))
    };
    world.ok(upsert(rich));
    world.ok(made("b"));
    world.ok(upsert(NamespaceDetails { description: "ours".into(), ..NamespaceDetails::built_in() }));
    world.ok(delete("b"));
    assert_eq!(world.now().watch_index(&WatchKey::Namespaces), world.index());
    assert_eq!(world.now().namespace(&name("default")).unwrap().create_index, Index::ZERO);
    let written = rows(&world.now());
    let restored = State::restore(written.iter().cloned().map(Ok)).unwrap().snapshot();
    assert!(rows(&restored) == written);
    assert_eq!(restored.hash(), world.now().hash());
    muster_state::invariants::check(&restored).unwrap();

    let records: Vec<_> =
        written.iter().filter(|row| row.kind as u8 == 24).map(|row| hex(&row.bytes)).collect();
    assert_eq!(records.len(), 2);
    assert_eq!(fixture("namespace-rows-v1.hex", &records), records);
    let entries: Vec<_> =
        world.log.iter().map(|(_, entry)| hex(&rmp_serde::to_vec_named(entry).unwrap())).collect();
    let mut state = State::new();
    for (line, index) in fixture("namespace-entries-v1.hex", &entries).iter().zip(1..) {
        let entry: Entry = rmp_serde::from_slice(&unhex(line)).unwrap();
        assert_eq!(hex(&rmp_serde::to_vec_named(&entry).unwrap()), *line);
        state.apply(Index(index), &entry);
    }
    assert_eq!(state.hash(), world.state.hash());
}
