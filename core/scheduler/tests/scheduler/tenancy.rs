//! A tenant's work runs where its namespace is bound to and nowhere else, whatever its jobs ask for; and what its
//! evaluations say is the same whether the rest of the cluster is there or not.

use muster_ids::{Datacenter, Namespace, NodePool};
use muster_model::{
    Affinity, Constraint, Job, JobType, NamespaceDetails, Node, NodeStatus, Operand, PoolBinding,
    PreemptionConfig, SchedulerConfig,
};
use proptest::prelude::*;

use crate::world::{self, World, node_id};

const POOLS: [&str; 4] = ["default", "tenant", "tenant-2", "other"];
const NODES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
const KINDS: [JobType; 4] = [JobType::Service, JobType::Batch, JobType::System, JobType::Sysbatch];

#[derive(Clone, Debug)]
enum Step {
    Node {
        at: usize,
        pool: usize,
        dc: u8,
    },
    Down(usize),
    Bind(u8),
    Job(usize, Wish),
    /// A job of the default namespace, which is bound to nothing.
    Neighbour(u32),
    Obey,
    Evaluate(usize),
}

/// What a tenant may try.
#[derive(Clone, Debug)]
struct Wish {
    kind: usize,
    count: u32,
    cpu: u32,
    pool: usize,
    dc: u8,
    priority: u16,
    lure: u8,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let wish = (0..KINDS.len(), 1_u32..5, 50_u32..700, 0..=POOLS.len(), 0_u8..4, 1_u16..100, 0_u8..5);
    let wish = wish.prop_map(|(kind, count, cpu, pool, dc, priority, lure)| Wish {
        kind,
        count,
        cpu,
        pool,
        dc,
        priority,
        lure,
    });
    let step = prop_oneof![
        3 => (0..NODES.len(), 0..POOLS.len(), 0_u8..2).prop_map(|(at, pool, dc)| Step::Node { at, pool, dc }),
        1 => (0..NODES.len()).prop_map(Step::Down),
        2 => (0_u8..6).prop_map(Step::Bind),
        4 => (0..3_usize, wish).prop_map(|(at, wish)| Step::Job(at, wish)),
        1 => (50_u32..900).prop_map(Step::Neighbour),
        1 => Just(Step::Obey),
        6 => (0..3_usize).prop_map(Step::Evaluate),
    ];
    prop::collection::vec(step, 10..60)
}

fn tenant() -> Namespace {
    Namespace::new("tenant").unwrap()
}

fn binding(which: u8) -> PoolBinding {
    let names = |list: &[&str]| list.iter().map(|name| (*name).into()).collect::<Vec<_>>();
    let (allowed, denied) = match which {
        0 => (Some(names(&["tenant*"])), Vec::new()),
        1 => (Some(names(&["tenant"])), Vec::new()),
        2 => (Some(Vec::new()), Vec::new()),
        3 => (None, names(&["other", "default"])),
        4 => (Some(names(&["*"])), names(&["other"])),
        _ => (Some(names(&["tenant*"])), names(&["tenant-2"])),
    };
    PoolBinding { default: None, allowed, denied }
}

fn bind(world: &mut World, which: u8) {
    let details = NamespaceDetails { pools: binding(which), ..NamespaceDetails::bare(tenant()) };
    world.register_namespace(details);
}

fn node(at: usize, pool: &str, dc: u8) -> Node {
    let mut node = world::node(NODES[at]);
    node.pool = NodePool::new(pool).unwrap();
    node.datacenter = Datacenter::new(format!("dc{dc}")).unwrap();
    node.meta.insert("secret".into(), pool.into());
    world::with_class(node)
}

fn job(at: usize, wish: &Wish) -> Job {
    let mut job = world::job(&format!("{}-{at}", KINDS[wish.kind]), KINDS[wish.kind]);
    job.namespace = tenant();
    job.priority = wish.priority;
    job.node_pool = POOLS.get(wish.pool).map_or_else(NodePool::all, |name| NodePool::new(*name).unwrap());
    let dc = ["*", "dc0", "dc1", "dc*"][usize::from(wish.dc)];
    job.datacenters = vec![Datacenter::new(dc).unwrap()];
    job.groups[0].count = if job.kind == JobType::System { 1 } else { wish.count };
    job.groups[0].tasks[0].resources.cpu_mhz = wish.cpu;
    let lure = |left: &str, right: &str| Constraint {
        left: left.into(),
        operand: Operand::Equal,
        right: right.into(),
    };
    match wish.lure {
        0 => job.constraints.push(lure("${node.unique.id}", &node_id("a").to_string())),
        1 => job.constraints.push(lure("${meta.secret}", "other")),
        2 => job.constraints.push(lure("${node.pool}", "other")),
        3 if !job.kind.is_per_node() => {
            let (left, right) = ("${node.pool}".into(), "default".into());
            let towards = Affinity { left, operand: Operand::Equal, right, weight: 100 };
            job.affinities.push(towards);
        }
        _ => {}
    }
    job
}

/// Does what the step says; whatever is placed for the tenant is checked against the binding of that moment.
fn run(world: &mut World, step: &Step) {
    match step {
        Step::Node { at, pool, dc } => world.register_node(node(*at, POOLS[*pool], *dc)),
        Step::Down(at) if world.snapshot().node(node_id(NODES[*at])).is_some() => {
            world.node_status(node_id(NODES[*at]), NodeStatus::Down);
        }
        Step::Down(_) => {}
        Step::Bind(which) => bind(world, *which),
        Step::Job(at, wish) => drop(world.try_register_job(job(*at, wish))),
        Step::Neighbour(cpu) => {
            let mut job = world::job("neighbour", JobType::Service);
            job.node_pool = NodePool::all();
            job.priority = 20;
            job.groups[0].tasks[0].resources.cpu_mhz = *cpu;
            world.register_job(job);
        }
        Step::Obey => world.obey(),
        Step::Evaluate(at) => {
            for kind in KINDS {
                let mut key = world::key(&format!("{kind}-{at}"));
                key.namespace = tenant();
                evaluate(world, &key);
            }
            evaluate(world, &world::key("neighbour"));
        }
    }
}

fn evaluate(world: &mut World, key: &muster_model::JobKey) {
    let Some(eval) = world.next_eval(key) else { return };
    let before = world.snapshot();
    let schedule = world.schedule(&eval);
    world.commit(&schedule);
    if key.namespace != tenant() {
        return;
    }
    let after = world.snapshot();
    let pools = &after.namespace(&tenant()).unwrap().pools;
    for alloc in after.allocs_by_job(key).filter(|alloc| before.alloc(alloc.id).is_none()) {
        let node = after.node(alloc.node_id).unwrap();
        assert!(pools.allows_node(&node.pool), "{} runs in pool {} under {pools:?}", alloc.name(), node.pool);
        for score in &alloc.metric.scores {
            let seen = after.node(score.node_id).unwrap();
            assert!(pools.allows_node(&seen.pool), "its account names a node of pool {}", seen.pool);
        }
    }
}

fn preempting() -> SchedulerConfig {
    let preemption = PreemptionConfig { service: true, batch: true, system: true, sysbatch: true };
    SchedulerConfig { preemption, ..SchedulerConfig::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_of_a_tenant_lands_elsewhere(first in 0_u8..6, steps in steps()) {
        let mut world = World::new();
        world.configure(preempting());
        for pool in POOLS {
            if pool != "default" {
                world.configure_pool(pool, &SchedulerConfig::default());
            }
        }
        bind(&mut world, first);
        for step in &steps {
            run(&mut world, step);
        }
    }

    /// Nodes of other pools change nothing in what a failed placement says: neither counts nor classes nor reasons.
    #[test]
    fn what_could_not_be_placed_says_nothing_of_other_pools(
        wish in (0_usize..2, 1_u32..5, 50_u32..2000, 0_u8..4, 0_u8..5),
        own in 0_usize..3,
        foreign in 0_usize..5,
    ) {
        let (kind, count, cpu, dc, lure) = wish;
        // Pool `tenant`, or all of them.
        for pool in [1, POOLS.len()] {
            let told = |foreign: usize| {
                let mut world = World::new();
                for pool in ["tenant", "other"] {
                    world.configure_pool(pool, &SchedulerConfig::default());
                }
                bind(&mut world, 1);
                for at in 0..own {
                    world.register_node(node(at, "tenant", 0));
                }
                for at in 0..foreign {
                    world.register_node(node(3 + at, ["other", "default"][at % 2], (at % 2) as u8));
                }
                let asked = job(0, &Wish { kind, count, cpu, pool, dc, priority: 50, lure });
                let key = asked.key();
                world.register_job(asked);
                let eval = world.next_eval(&key).unwrap();
                let schedule = world.schedule(&eval);
                let mut failed = schedule.evals[0].failed_groups.clone();
                failed.values_mut().for_each(|metric| metric.allocation_time = Default::default());
                let classes: Vec<_> =
                    schedule.evals.iter().map(|eval| eval.class_eligibility.clone()).collect();
                (failed, classes)
            };
            // Lure 0 names the first of the tenant's own nodes, which is there either way.
            prop_assert_eq!(told(foreign), told(0));
        }
    }
}
