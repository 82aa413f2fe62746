//! How the cluster schedules, and node pools as objects.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{Index, NodePool, Region};
use muster_model::{
    JobType, NodePoolDetails, PoolSchedulerConfig, PreemptionConfig, SchedulerAlgorithm, SchedulerConfig,
};
use muster_state::command::{
    Command, Entry, Event, NodePoolDelete, NodePoolUpsert, Refusal, Reply, SchedulerConfigUpdate,
};
use muster_state::{State, WatchKey};

use crate::build::{deregister, job, join, node, register};
use crate::golden::{fixture, hex, unhex};
use crate::world::{World, rows};

fn set(config: SchedulerConfig, cas: Option<u64>) -> Command {
    Command::SchedulerConfigUpdate(Box::new(SchedulerConfigUpdate { config, cas: cas.map(Index) }))
}

fn spread() -> SchedulerConfig {
    SchedulerConfig {
        algorithm: SchedulerAlgorithm::Spread,
        preemption: PreemptionConfig { service: true, ..PreemptionConfig::default() },
        memory_oversubscription: true,
        feasible_node_limit: 7,
        ..SchedulerConfig::default()
    }
}

fn pool(name: &str) -> NodePool {
    NodePool::new(name).unwrap()
}

fn gpu() -> NodePoolDetails {
    NodePoolDetails {
        description: "cards".into(),
        meta: BTreeMap::from([("owner".into(), "ops".into())]),
        scheduler: Some(PoolSchedulerConfig {
            algorithm: Some(SchedulerAlgorithm::Spread),
            memory_oversubscription: Some(false),
        }),
        identity_ttl: Duration::from_secs(60),
        ..NodePoolDetails::bare(pool("gpu"))
    }
}

fn upsert(details: NodePoolDetails) -> Command {
    Command::NodePoolUpsert(Box::new(NodePoolUpsert { details }))
}

fn delete(name: &str) -> Command {
    Command::NodePoolDelete(NodePoolDelete { name: pool(name), region: Region::global() })
}

const STORED: Result<Reply, Refusal> = Ok(Reply::SchedulerConfigStored { updated: true });
const NOT_STORED: Result<Reply, Refusal> = Ok(Reply::SchedulerConfigStored { updated: false });

#[test]
fn a_configuration_is_replaced_by_whoever_saw_the_newest() {
    let mut world = World::default();
    assert!(world.now().stored_scheduler_config().is_none());
    assert_eq!(*world.now().scheduler_config(), SchedulerConfig::default());
    assert_eq!(world.run(set(spread(), Some(3))), NOT_STORED);
    assert!(world.changed.is_empty() && world.events.is_empty());
    assert_eq!(world.run(set(spread(), Some(0))), STORED);
    let first = world.index();
    assert_eq!(world.changed, [WatchKey::SchedulerConfig]);
    assert!(matches!(&*world.events, [Event::SchedulerConfigUpdated(_)]));
    assert_eq!(world.run(set(SchedulerConfig::default(), Some(0))), NOT_STORED);
    assert!(world.now().scheduler_config().same_settings(&spread()));
    assert_eq!(world.run(set(SchedulerConfig::default(), Some(first.0))), STORED);
    assert_eq!(world.run(set(spread(), Some(first.0))), NOT_STORED);
    assert_eq!(world.run(set(spread(), None)), STORED);
    let config = world.now().scheduler_config();
    assert_eq!((config.create_index, config.modify_index), (first, world.index()));
}

#[test]
fn a_pool_is_made_described_and_forgotten() {
    let mut world = World::default();
    world.ok(upsert(gpu()));
    let created = world.index();
    assert_eq!(world.now().node_pool_created(&pool("gpu")), Some(created));
    let there = world.now().scheduler_config_in(&pool("gpu"));
    assert_eq!(there.algorithm, SchedulerAlgorithm::Spread);
    assert_eq!(world.now().scheduler_config_in(&pool("default")).algorithm, SchedulerAlgorithm::Binpack);
    world.ok(upsert(NodePoolDetails { description: "".into(), ..gpu() }));
    assert_eq!(world.now().node_pool_created(&pool("gpu")), Some(created), "an update makes no new pool");
    assert_eq!(world.now().watch_index(&WatchKey::NodePool(pool("gpu"))), world.index());
    world.ok(delete("gpu"));
    assert!(matches!(&*world.events, [Event::NodePoolDeleted(_)]));
    assert!(world.now().node_pool_details(&pool("gpu")).is_none());
    assert_eq!(world.run(delete("gpu")), Err(Refusal::NodePoolUnknown { pool: pool("gpu") }));
}

#[test]
fn a_pool_that_is_described_twice_in_one_entry_is_one_pool() {
    let mut world = World::default();
    let replies = world.apply(vec![upsert(gpu()), upsert(NodePoolDetails::bare(pool("gpu")))]);
    assert!(replies.iter().all(Result::is_ok), "{replies:?}");
    let known = world.now().node_pool_details(&pool("gpu")).unwrap().clone();
    assert_eq!((known.create_index, known.modify_index), (world.index(), world.index()));
}

#[test]
fn pools_that_are_built_in_or_in_use_stay() {
    let mut world = World::default();
    for name in ["all", "default"] {
        assert_eq!(
            world.run(delete(name)).unwrap_err().to_string(),
            format!("deleting node pool \"{name}\" is not allowed")
        );
        let refused = world.run(upsert(NodePoolDetails::bare(pool(name)))).unwrap_err();
        assert_eq!(refused.to_string(), format!("modifying node pool \"{name}\" is not allowed"));
    }
    let mut member = node(1);
    member.pool = pool("gpu");
    world.ok(join(member));
    assert!(world.events.iter().any(|event| matches!(event, Event::NodePoolUpserted(_))));
    let refused = world.run(delete("gpu")).unwrap_err().to_string();
    assert_eq!(refused, "node pool \"gpu\" has nodes in regions: [global]");
    world.ok(upsert(NodePoolDetails::bare(pool("edge"))));
    let mut inside = job("a", JobType::Service);
    inside.node_pool = pool("edge");
    world.ok(register(inside, 1));
    let refused = world.run(delete("edge")).unwrap_err().to_string();
    assert_eq!(refused, "node pool \"edge\" has non-terminal jobs in regions: [global]");
    world.ok(deregister("a", true, 2));
    world.ok(delete("edge"));
}

#[test]
fn all_of_it_survives_a_snapshot_and_is_written_as_ever() {
    let mut world = World::default();
    world.ok(upsert(gpu()));
    world.ok(upsert(NodePoolDetails::bare(pool("edge"))));
    world.ok(set(spread(), None));
    world.ok(delete("edge"));
    let written = rows(&world.now());
    let restored = State::restore(written.iter().cloned().map(Ok)).unwrap().snapshot();
    assert!(rows(&restored) == written);
    assert_eq!(restored.hash(), world.now().hash());

    let of_kinds = written.iter().filter(|row| matches!(row.kind as u8, 1 | 11 | 14));
    let records: Vec<_> = of_kinds.map(|row| format!("{} {}", row.kind as u8, hex(&row.bytes))).collect();
    assert_eq!(fixture("scheduling-rows-v1.hex", &records), records);
    let entries: Vec<_> =
        world.log.iter().map(|(_, entry)| hex(&rmp_serde::to_vec_named(entry).unwrap())).collect();
    let mut state = State::new();
    for (line, index) in fixture("scheduling-entries-v1.hex", &entries).iter().zip(1..) {
        let entry: Entry = rmp_serde::from_slice(&unhex(line)).unwrap();
        assert_eq!(hex(&rmp_serde::to_vec_named(&entry).unwrap()), *line);
        state.apply(Index(index), &entry);
    }
    assert_eq!(state.hash(), world.state.hash());
}
