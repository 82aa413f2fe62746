//! The jobs and nodes that placements are measured with.

use muster_ids::Datacenter;
use muster_model::{
    Affinity, DeviceRequest, Job, JobType, Node, Operand, Spread, SpreadTarget, computed_class,
};
use muster_testkit::build;

const DATACENTERS: u32 = 4;
const RACKS: u32 = 50;

/// A node of one of four datacenters, in one of fifty racks, with four devices.
pub fn node(number: u32) -> Node {
    let mut node = build::node(number);
    node.datacenter = Datacenter::new(format!("dc{}", number % DATACENTERS + 1)).unwrap();
    node.capacity.devices = vec![build::devices("acme", "gpu", "x1", &["gpu-0", "gpu-1", "gpu-2", "gpu-3"])];
    node.meta.insert("rack".into(), format!("r{}", number % RACKS).into());
    node.computed_class = computed_class(&node);
    node
}

/// As decided from a job file that says nothing of updates: each service job begins with a deployment.
pub fn service(id: &str, count: u32) -> Job {
    let mut job = small(build::job(id, JobType::Service, count));
    for group in &mut job.groups {
        group.update = Some(Box::default());
    }
    job
}

pub fn batch(id: &str, count: u32) -> Job {
    small(build::job(id, JobType::Batch, count))
}

/// One spread with targets, one even one, and two affinities, one of which few nodes meet.
pub fn with_preferences(mut job: Job) -> Job {
    let target = |dc: u32| SpreadTarget { value: format!("dc{dc}").into(), percent: 25 };
    job.spreads = vec![
        Spread {
            attribute: "${node.datacenter}".into(),
            weight: 60,
            targets: (1..=DATACENTERS).map(target).collect(),
        },
        Spread { attribute: "${meta.rack}".into(), weight: 40, targets: Vec::new() },
    ];
    let affinity = |left: &str, right: &str, weight| Affinity {
        left: left.into(),
        operand: Operand::Equal,
        right: right.into(),
        weight,
    };
    job.affinities = vec![affinity("${meta.rack}", "r7", 50), affinity("${attr.kernel.name}", "linux", 30)];
    job
}

/// A dynamic port and one asked for by number, so that no node takes two of the job.
pub fn with_ports(mut job: Job, number: u16) -> Job {
    for group in &mut job.groups {
        group.network = Some(build::network(vec![
            build::port("http", None),
            build::port("admin", Some(10_000 + number)),
            build::port("metrics", None),
        ]));
    }
    job
}

/// One of the four devices of a node.
pub fn with_device(mut job: Job) -> Job {
    for task in job.groups.iter_mut().flat_map(|group| &mut group.tasks) {
        task.resources.devices =
            vec![DeviceRequest { name: "acme/gpu".into(), count: 1, ..DeviceRequest::default() }];
    }
    job
}

/// Small enough that two hundred fit on a node.
fn small(mut job: Job) -> Job {
    for task in job.groups.iter_mut().flat_map(|group| &mut group.tasks) {
        task.resources.cpu_mhz = 20;
        task.resources.memory_mb = 16;
    }
    job
}
