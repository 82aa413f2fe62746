//! What is true of every schedule, over many small clusters with random histories.

use std::time::Duration;

use muster_ids::Datacenter;
use muster_model::{
    AllocMetric, ClientStatus, Constraint, DeviceRequest, Eligibility, EvalStatus, Job, JobType, Node,
    NodeAddress, NodeStatus, Operand,
};
use muster_scheduler::{Context, Overlay, Schedule, schedule};
use proptest::prelude::*;

use crate::world::{self, World, key, live, node_id};

const NODES: [&str; 5] = ["a", "b", "c", "d", "e"];
const JOBS: [&str; 3] = ["one", "two", "three"];

/// One thing that happens to a cluster.
#[derive(Clone, Debug)]
enum Step {
    Node { at: usize, cpu: u64, rack: u8, windows: bool },
    Status(usize, NodeStatus),
    Eligible(usize, bool),
    Job(usize, Wish),
    StopJob(usize),
    Report(usize, usize, ClientStatus),
    StopAlloc(usize, usize),
    Obey,
    Pass(u32),
    Evaluate(usize),
}

/// What a job asks for.
#[derive(Clone, Debug)]
struct Wish {
    kind: JobType,
    count: u32,
    cpu: u32,
    env: u8,
    port: Option<u16>,
    limit: u8,
    dc: u8,
    cores: u16,
    devices: u32,
    network: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let node = (0..NODES.len(), 0_u64..1500, 0_u8..3, any::<bool>());
    let wish = (
        prop_oneof![
            Just(JobType::Service),
            Just(JobType::Batch),
            Just(JobType::System),
            Just(JobType::Sysbatch)
        ],
        0_u32..6,
        50_u32..700,
        0_u8..3,
        prop_oneof![Just(None), Just(Some(0)), Just(Some(8080))],
        0_u8..4,
        0_u8..3,
        (prop_oneof![3 => Just(0), 1 => 1_u16..3], prop_oneof![3 => Just(0), 1 => 1_u32..3], any::<bool>()),
    );
    let wish = wish.prop_map(|(kind, count, cpu, env, port, limit, dc, (cores, devices, network))| Wish {
        kind,
        count,
        cpu,
        env,
        port,
        limit,
        dc,
        cores,
        devices,
        network,
    });
    let ended =
        prop_oneof![Just(ClientStatus::Complete), Just(ClientStatus::Failed), Just(ClientStatus::Running)];
    let status = prop_oneof![Just(NodeStatus::Down), Just(NodeStatus::Ready)];
    let step = prop_oneof![
        2 => node.prop_map(|(at, cpu, rack, windows)| Step::Node { at, cpu, rack, windows }),
        1 => (0..NODES.len(), status).prop_map(|(at, status)| Step::Status(at, status)),
        1 => (0..NODES.len(), any::<bool>()).prop_map(|(at, eligible)| Step::Eligible(at, eligible)),
        3 => (0..JOBS.len(), wish).prop_map(|(at, wish)| Step::Job(at, wish)),
        1 => (0..JOBS.len()).prop_map(Step::StopJob),
        2 => (0..JOBS.len(), 0_usize..6, ended).prop_map(|(job, at, status)| Step::Report(job, at, status)),
        1 => (0..JOBS.len(), 0_usize..6).prop_map(|(job, at)| Step::StopAlloc(job, at)),
        2 => Just(Step::Obey),
        1 => (1_u32..4000).prop_map(Step::Pass),
        5 => (0..JOBS.len()).prop_map(Step::Evaluate),
    ];
    prop::collection::vec(step, 5..40)
}

fn cluster_node(at: usize, cpu: u64, rack: u8, windows: bool) -> Node {
    let mut node = world::node(NODES[at]);
    node.capacity.total.cpu_mhz = cpu;
    node.capacity.max_dynamic_port = node.capacity.min_dynamic_port + 2;
    // Every second node has cores to reserve, devices, and another address.
    if at.is_multiple_of(2) {
        node.capacity.topology = muster_builders::topology(3, u32::try_from(cpu / 3).unwrap());
        node.capacity.devices = vec![muster_builders::devices("nvidia", "gpu", "T4", &["g1", "g2", "g3"])];
        node.capacity.max_allocs = 5;
        node.capacity.addresses = vec![NodeAddress {
            network: "lan".into(),
            ip: "10.0.0.1".into(),
            interface: "eth0".into(),
            reserved_ports: Vec::new(),
        }];
    }
    node.datacenter = Datacenter::new(format!("dc{}", at % 2)).unwrap();
    if rack > 0 {
        node.meta.insert("rack".into(), rack.to_string().into());
    }
    if windows {
        node.attributes.insert("kernel.name".into(), "windows".into());
    }
    world::with_class(node)
}

fn wished(name: &str, wish: &Wish) -> Job {
    let mut job = world::job(name, wish.kind);
    let group = &mut job.groups[0];
    group.count = if wish.kind.is_per_node() { wish.count.min(1) } else { wish.count };
    group.tasks[0].resources.cpu_mhz = wish.cpu;
    group.tasks[0].env.insert("V".into(), wish.env.to_string().into());
    let resources = &mut group.tasks[0].resources;
    if wish.cores > 0 {
        (resources.cores, resources.cpu_mhz) = (wish.cores, 0);
    }
    if wish.devices > 0 {
        let request = DeviceRequest { name: "gpu".into(), count: wish.devices, ..DeviceRequest::default() };
        resources.devices.push(request);
    }
    if let Some(port) = wish.port {
        let static_port = (port > 0).then_some(port);
        let mut request = muster_builders::port("http", static_port);
        request.ignore_collision = wish.env == 1;
        if wish.network {
            request.host_network = "lan".into();
        }
        group.network = Some(muster_builders::network(vec![request]));
    }
    let constraint =
        |left: &str, operand, right: &str| Constraint { left: left.into(), operand, right: right.into() };
    match wish.limit {
        1 => job.constraints.push(constraint("${attr.kernel.name}", Operand::Equal, "linux")),
        2 => job.constraints.push(constraint("", Operand::DistinctHosts, "true")),
        3 => group.constraints.push(constraint("${meta.rack}", Operand::DistinctProperty, "2")),
        _ => {}
    }
    if wish.dc > 0 {
        job.datacenters = vec![Datacenter::new(format!("dc{}", wish.dc - 1)).unwrap()];
    }
    job
}

/// Does one step; steps that make no sense in the world as it is do nothing.
fn act(world: &mut World, step: &Step) {
    let known = |world: &World, at: usize| world.snapshot().node(node_id(NODES[at])).is_some();
    match step {
        Step::Node { at, cpu, rack, windows } => {
            world.register_node(cluster_node(*at, *cpu, *rack, *windows));
        }
        Step::Status(at, status) if known(world, *at) => world.node_status(node_id(NODES[*at]), *status),
        Step::Eligible(at, eligible) if known(world, *at) => {
            let eligibility = if *eligible { Eligibility::Eligible } else { Eligibility::Ineligible };
            world.node_eligibility(node_id(NODES[*at]), eligibility);
        }
        Step::Job(at, wish) => {
            // A job keeps its type for life.
            let kind = world.snapshot().job(&key(JOBS[*at])).map_or(wish.kind, |job| job.kind);
            world.register_job(wished(JOBS[*at], &Wish { kind, ..wish.clone() }));
        }
        Step::StopJob(at) if world.snapshot().job(&key(JOBS[*at])).is_some() => {
            world.stop_job(key(JOBS[*at]));
        }
        Step::Report(job, at, status) => {
            if let Some(alloc) = live(&world.snapshot(), &key(JOBS[*job])).get(*at) {
                world.report(alloc, *status);
            }
        }
        Step::StopAlloc(job, at) => {
            if let Some(alloc) = live(&world.snapshot(), &key(JOBS[*job])).get(*at) {
                world.stop_alloc(alloc.id);
            }
        }
        Step::Obey => world.obey(),
        Step::Pass(seconds) => world.pass(Duration::from_secs(u64::from(*seconds))),
        Step::Evaluate(at) => drop(evaluate(world, JOBS[*at])),
        Step::Status(..) | Step::Eligible(..) | Step::StopJob(_) => {}
    }
}

/// Schedules and commits; the state checks that nothing is over-committed or given twice.
fn evaluate(world: &mut World, job: &str) -> Option<Schedule> {
    let eval = world.next_eval(&key(job))?;
    let schedule = world.schedule(&eval);
    explained(&schedule);
    world.commit(&schedule);
    waits_for_something(world, job, &schedule);
    Some(schedule)
}

fn adds_up(metric: &AllocMetric) -> bool {
    let sum = |counts: &std::collections::BTreeMap<muster_ids::Text, u32>| counts.values().sum::<u32>();
    sum(&metric.constraint_filtered) == metric.nodes_filtered
        && sum(&metric.dimension_exhausted) == metric.nodes_exhausted
        && metric.nodes_evaluated >= metric.nodes_filtered + metric.nodes_exhausted
}

/// What waits has something to wait for: an allocation of the job that still holds its node and is told to end.
fn waits_for_something(world: &World, job: &str, schedule: &Schedule) {
    let done = &schedule.evals[0];
    let waits = done.queued.iter().any(|(group, queued)| {
        let failed = done.failed_groups.get(group).map_or(0, |metric| metric.coalesced_failures + 1);
        *queued > failed
    });
    let snapshot = world.snapshot();
    let leaves = |alloc: &muster_model::Alloc| alloc.server_terminal() && !alloc.client_terminal();
    assert!(!waits || snapshot.allocs_by_job(&key(job)).any(|alloc| leaves(alloc)), "{done:?}");
}

/// Every placement wanted and not made, unless it only waits, has its reasons, and they cover every node that was
/// looked at.
fn explained(schedule: &Schedule) {
    let done = &schedule.evals[0];
    for (group, queued) in &done.queued {
        let failure = done.failed_groups.get(group);
        // A job of one per node may find that it can run nowhere: a failure, though nothing is missing.
        let nowhere = done.kind.is_per_node() && *queued == 0 && failure.is_some();
        assert!(*queued > 0 || nowhere || failure.is_none(), "{queued} of {group} not placed: {failure:?}");
        if let Some(metric) = failure {
            assert!(adds_up(metric), "{metric:?}");
            assert_eq!(metric.nodes_evaluated, metric.nodes_filtered + metric.nodes_exhausted, "{metric:?}");
            assert!(metric.coalesced_failures < (*queued).max(1), "{metric:?}");
        }
    }
    let blocked = schedule.evals.iter().find(|eval| eval.status == EvalStatus::Blocked);
    let missing = done.queued.values().any(|queued| *queued > 0);
    assert_eq!(blocked.is_some(), missing || !done.failed_groups.is_empty());
    let recorded = blocked.is_none_or(|one| one.id == done.id || done.blocked_eval == Some(one.id));
    assert!(recorded, "{done:?}");
    // Whoever looked at nodes remembers their classes, or every change anywhere would wake the evaluation.
    let looked = done.failed_groups.values().any(|metric| metric.nodes_evaluated > 0);
    assert!(blocked.is_none_or(|eval| !looked || eval.escaped_class || !eval.class_eligibility.is_empty()));
    for metric in schedule.plan.iter().flat_map(|plan| &plan.metrics) {
        assert!(adds_up(metric), "{metric:?}");
    }
    if let Some(plan) = &schedule.plan {
        assert!(plan.placements.iter().all(|one| (one.metric as usize) < plan.metrics.len()));
        assert_eq!(plan.evals_if_whole, schedule.evals);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Invariants of the state (no node over-committed, no port given twice) are checked after every command, and
    /// no plan is refused where nothing happened between planning and applying.
    #[test]
    fn plans_fit_and_are_explained(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            act(&mut world, step);
        }
        // Left alone, every job comes to rest: what it wants runs, or is accounted for.
        for job in JOBS {
            for _ in 0..40 {
                world.obey();
                world.pass(Duration::from_secs(7200));
                if evaluate(&mut world, job).is_none_or(|schedule| schedule.plan.is_none()) {
                    break;
                }
            }
            at_rest(&mut world, job);
        }
    }

    #[test]
    fn the_same_input_gives_the_same_plan(steps in steps(), seed in any::<[u8; 16]>()) {
        let mut world = World::new();
        for step in &steps {
            act(&mut world, step);
        }
        for job in JOBS {
            let Some(eval) = world.next_eval(&key(job)) else { continue };
            let overlay = Overlay::new();
            let ctx = Context::new(world.now, seed, &overlay);
            let snapshot = world.snapshot();
            prop_assert_eq!(schedule(&eval, &snapshot, &ctx), schedule(&eval, &snapshot, &ctx));
        }
    }
}

/// A job that wants more than it has says so, names are unique, and nothing of a stopped job is wanted.
fn at_rest(world: &mut World, job: &str) {
    let snapshot = world.snapshot();
    let Some(spec) = snapshot.job(&key(job)) else { return };
    let live = live(&snapshot, &key(job));
    if spec.stop {
        assert!(live.is_empty(), "{job} is stopped and has {}", live.len());
        return;
    }
    if spec.kind.is_per_node() {
        let mut nodes: Vec<_> = live.iter().map(|alloc| alloc.node_id).collect();
        nodes.sort_unstable();
        nodes.dedup();
        assert_eq!(nodes.len(), live.len(), "two of {job} on one node");
        return;
    }
    let count = spec.groups[0].count;
    let mut names: Vec<u32> = live.iter().map(|alloc| alloc.name_index).collect();
    names.dedup();
    assert_eq!(names.len(), live.len(), "a name of {job} is used twice");
    assert!(live.len() <= count as usize, "{job} has {} of {count}", live.len());
    let finished = snapshot
        .allocs_by_job(&key(job))
        .filter(|alloc| alloc.client == ClientStatus::Complete && !alloc.server_terminal())
        .count();
    let missing = (count as usize).saturating_sub(live.len() + finished);
    let waiting = snapshot.evals_by_job(&key(job)).any(|eval| !eval.status.is_terminal());
    assert!(missing == 0 || waiting, "{job} lacks {missing} and nothing will look again");
}
