//! Builders of model values with sensible defaults; tests change the fields they are about.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{
    Datacenter, DriverName, GroupName, Index, JobId, Namespace, NodeId, NodePool, Region, TaskName, UnixNanos,
};
use muster_model::{
    DriverInfo, Eligibility, EphemeralDisk, Group, Job, JobStatus, JobType, LogConfig, Node, NodeCapacity,
    NodeStatus, Reserved, Resources, RestartMode, RestartPolicy, Task, TaskResources,
};

/// A job of `count` allocations, each of one `raw_exec` task that takes 100 MHz and 64 MB.
#[must_use]
pub fn job(id: &str, kind: JobType, count: u32) -> Job {
    Job {
        id: JobId::new(id).unwrap(),
        name: id.into(),
        namespace: Namespace::default_namespace(),
        region: Region::global(),
        kind,
        priority: 50,
        all_at_once: false,
        datacenters: vec![Datacenter::new("*").unwrap()],
        node_pool: NodePool::default_pool(),
        constraints: Vec::new(),
        affinities: Vec::new(),
        spreads: Vec::new(),
        meta: BTreeMap::new(),
        groups: vec![group("main", count)],
        status: JobStatus::Pending,
        stop: false,
        version: 0,
        submit_time: UnixNanos::ZERO,
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
        job_modify_index: Index::ZERO,
    }
}

#[must_use]
pub fn group(name: &str, count: u32) -> Group {
    Group {
        name: GroupName::new(name).unwrap(),
        count,
        constraints: Vec::new(),
        affinities: Vec::new(),
        spreads: Vec::new(),
        meta: BTreeMap::new(),
        restart: restart(),
        reschedule: None,
        ephemeral_disk: EphemeralDisk { size_mb: 10, sticky: false, migrate: false },
        network: None,
        shutdown_delay: Duration::ZERO,
        tasks: vec![task("main")],
    }
}

#[must_use]
pub fn task(name: &str) -> Task {
    Task {
        name: TaskName::new(name).unwrap(),
        driver: DriverName::new("raw_exec").unwrap(),
        user: None,
        config: BTreeMap::new(),
        env: BTreeMap::new(),
        meta: BTreeMap::new(),
        constraints: Vec::new(),
        resources: TaskResources { cpu_mhz: 100, cores: 0, memory_mb: 64, memory_max_mb: 0 },
        restart: restart(),
        artifacts: Vec::new(),
        logs: LogConfig { max_files: 1, max_file_size_mb: 1, disabled: false },
        kill_timeout: Duration::from_secs(5),
        kill_signal: None,
        leader: false,
        lifecycle: None,
        shutdown_delay: Duration::ZERO,
    }
}

#[must_use]
pub const fn restart() -> RestartPolicy {
    RestartPolicy {
        attempts: 2,
        interval: Duration::from_secs(1800),
        delay: Duration::from_secs(15),
        mode: RestartMode::Fail,
        render_templates: false,
    }
}

/// A ready node with 8 GHz, 16 GiB and `raw_exec`.
#[must_use]
pub fn node(number: u32) -> Node {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    let driver = DriverInfo {
        detected: true,
        healthy: true,
        description: "healthy".into(),
        attributes: BTreeMap::new(),
        updated_at: UnixNanos::ZERO,
    };
    Node {
        id: NodeId::from_random(bytes),
        name: format!("node-{number}").into(),
        datacenter: Datacenter::new("dc1").unwrap(),
        pool: NodePool::default_pool(),
        class: None,
        http_addr: "127.0.0.1:4646".into(),
        attributes: BTreeMap::from([("kernel.name".into(), "linux".into())]),
        meta: BTreeMap::new(),
        capacity: NodeCapacity {
            total: Resources { cpu_mhz: 8000, memory_mb: 16_384, disk_mb: 100_000 },
            cores: 4,
            ip: "127.0.0.1".into(),
            network_device: "lo".into(),
            min_dynamic_port: 20_000,
            max_dynamic_port: 32_000,
        },
        reserved: Reserved::default(),
        drivers: BTreeMap::from([(DriverName::new("raw_exec").unwrap(), driver)]),
        host_volumes: BTreeMap::new(),
        computed_class: "v1:1".into(),
        status: NodeStatus::Ready,
        status_description: None,
        eligibility: Eligibility::Eligible,
        status_updated_at: UnixNanos::ZERO,
        events: Vec::new(),
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
    }
}
