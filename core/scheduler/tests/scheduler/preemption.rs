//! Who is made to make room: over random clusters that are full of others' work.

use std::sync::Arc;

use muster_ids::AllocId;
use muster_model::{Alloc, Job, JobType, Placement, PreemptionConfig, Resources, SchedulerConfig};
use muster_state::Snapshot;
use proptest::prelude::*;

use crate::world::{self, World, key, live, node_id};

const NODES: [&str; 3] = ["a", "b", "c"];
const PORT: u16 = 8080;

/// A job with one allocation.
#[derive(Clone, Debug)]
struct Work {
    priority: u16,
    cpu: u32,
    memory: u32,
    port: bool,
}

fn work() -> impl Strategy<Value = Work> {
    (1_u16..100, 50_u32..600, 50_u32..600, prop::bool::weighted(0.2))
        .prop_map(|(priority, cpu, memory, port)| Work { priority, cpu, memory, port })
}

fn job(name: &str, work: &Work) -> Job {
    let mut job = Job { priority: work.priority, ..world::job(name, JobType::Service) };
    let group = &mut job.groups[0];
    group.tasks[0].resources = muster_builders::resources(work.cpu, work.memory);
    if work.port {
        group.network = Some(muster_builders::network(vec![muster_builders::port("http", Some(PORT))]));
    }
    job
}

/// What stays of the node without those allocations, and whether the port is free then.
fn left(snapshot: &Snapshot, node: &str, without: &[AllocId]) -> (Resources, bool) {
    let columns = snapshot.columns();
    let slot = columns.get(columns.slot_of(node_id(node)).unwrap()).unwrap();
    let mut free = slot.allocatable();
    let mut port = true;
    for alloc in snapshot.allocs_by_node(node_id(node)).filter(|alloc| !alloc.client_terminal()) {
        if !without.contains(&alloc.id) {
            free = free.minus(alloc.resources());
            port &= alloc.ports.iter().all(|port| port.value != PORT);
        }
    }
    (free, port)
}

fn fits(snapshot: &Snapshot, node: &str, job: &Job, without: &[AllocId]) -> bool {
    let (free, port) = left(snapshot, node, without);
    let group = &job.groups[0];
    group.ask().exhausted_in(free).is_none() && (port || group.network.is_none())
}

fn above(job: &Job, alloc: &Alloc) -> bool {
    PreemptionConfig::is_above(job.priority, alloc.job.priority)
}

fn check(snapshot: &Snapshot, job: &Job, placement: Option<&Placement>) {
    if NODES.iter().any(|node| fits(snapshot, node, job, &[])) {
        let spared = placement.is_some_and(|placement| placement.preempts.is_empty());
        assert!(spared, "there is room, and {placement:?}");
        return;
    }
    let on = |node: &str| snapshot.allocs_by_node(node_id(node)).filter(|alloc| !alloc.terminal());
    let Some(placement) = placement else {
        // Nobody can be made to make room: not even all of them together would do.
        for node in NODES {
            let all: Vec<AllocId> =
                on(node).filter(|alloc| above(job, alloc)).map(|alloc| alloc.id).collect();
            assert!(!fits(snapshot, node, job, &all), "{node} has enough to give");
        }
        return;
    };
    let node = *NODES.iter().find(|node| node_id(node) == placement.node_id).unwrap();
    let victims: Vec<&Arc<Alloc>> =
        placement.preempts.iter().map(|id| snapshot.alloc(*id).unwrap()).collect();
    assert!(victims.iter().all(|victim| above(job, victim) && victim.node_id == placement.node_id));
    assert!(fits(snapshot, node, job, &placement.preempts));
    for victim in victims {
        let others: Vec<AllocId> = placement.preempts.iter().copied().filter(|id| *id != victim.id).collect();
        assert!(!fits(snapshot, node, job, &others), "{} could be spared", victim.id);
        for spared in on(node).filter(|alloc| !placement.preempts.contains(&alloc.id)) {
            let (mut swapped, less) = (others.clone(), spared.job.priority < victim.job.priority);
            swapped.push(spared.id);
            let large_enough = victim.resources().exhausted_in(spared.resources()).is_none();
            let would_do = less && large_enough && fits(snapshot, node, job, &swapped);
            assert!(!would_do, "{} is less important than {} and as large", spared.id, victim.id);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_evicted_who_could_be_spared(
        others in prop::collection::vec(work(), 3..14),
        wanted in work(),
    ) {
        let mut world = World::new();
        world.configure(SchedulerConfig {
            preemption: PreemptionConfig { service: false, ..PreemptionConfig::default() },
            ..SchedulerConfig::default()
        });
        NODES.iter().for_each(|name| world.register_node(world::with_class(world::node(name))));
        for (at, work) in others.iter().enumerate() {
            let name = format!("other-{at}");
            world.register_job(job(&name, work));
            let eval = world.next_eval(&key(&name)).unwrap();
            let schedule = world.schedule(&eval);
            world.commit(&schedule);
        }
        world.obey();
        world.configure(SchedulerConfig {
            preemption: PreemptionConfig { service: true, ..PreemptionConfig::default() },
            ..SchedulerConfig::default()
        });
        let wanted = job("wanted", &wanted);
        world.register_job(wanted.clone());
        let eval = world.next_eval(&key("wanted")).unwrap();
        let (before, schedule) = (world.snapshot(), world.schedule(&eval));
        let placement = schedule.plan.as_ref().and_then(|plan| plan.placements.first());
        check(&before, &wanted, placement);
        // The state judges it once more, and keeps its own invariants.
        world.commit(&schedule);
        prop_assert_eq!(live(&world.snapshot(), &key("wanted")).len(), usize::from(placement.is_some()));
    }
}
