//! What a task finds in its environment.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use muster_ids::{AllocId, Region, Text, UnixNanos};
use muster_model::{
    Alloc, AllocatedPort, EphemeralDisk, Group, GroupNetwork, Job, JobType, LogConfig, Node, NodeCapacity,
    PortRequest, Resources, RestartMode, RestartPolicy, Task, TaskResources, Value,
};
use muster_runner::{BaseEnv, TaskDirs, TaskEnv, TaskEnvInput};

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, Text> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), Text::from(*value))).collect()
}

fn restart() -> RestartPolicy {
    RestartPolicy {
        attempts: 1,
        interval: Duration::from_secs(60),
        delay: Duration::from_secs(1),
        mode: RestartMode::Fail,
        render_templates: false,
    }
}

fn task() -> Task {
    Task {
        name: "web".parse().unwrap(),
        driver: "raw_exec".parse().unwrap(),
        user: None,
        config: BTreeMap::new(),
        env: map(&[
            ("GREETING", "hi from ${node.unique.name} in ${NOMAD_DC} on ${NOMAD_PORT_http}"),
            ("NOMAD_TASK_NAME", "renamed"),
            ("MISSING", "${attr.no.such}"),
        ]),
        meta: map(&[("level", "task"), ("my-key", "${attr.kernel.name}")]),
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

fn group() -> Group {
    let port = |label: &str, to| PortRequest {
        label: label.into(),
        static_port: None,
        to,
        host_network: "default".into(),
    };
    Group {
        name: "front".parse().unwrap(),
        count: 1,
        constraints: Vec::new(),
        affinities: Vec::new(),
        spreads: Vec::new(),
        meta: map(&[("level", "group"), ("only_group", "g")]),
        restart: restart(),
        reschedule: None,
        ephemeral_disk: EphemeralDisk { size_mb: 300, sticky: false, migrate: false },
        network: Some(GroupNetwork {
            ports: vec![port("http", 0), port("in-side", 80)],
            ..GroupNetwork::default()
        }),
        shutdown_delay: Duration::ZERO,
        tasks: vec![task()],
    }
}

fn job() -> Job {
    Job {
        id: "shop/dispatch-17-ab".parse().unwrap(),
        name: "shop".into(),
        namespace: "team".parse().unwrap(),
        region: Region::global(),
        kind: JobType::Service,
        priority: 50,
        all_at_once: false,
        datacenters: Vec::new(),
        node_pool: "default".parse().unwrap(),
        constraints: Vec::new(),
        affinities: Vec::new(),
        spreads: Vec::new(),
        meta: map(&[("level", "job"), ("only_job", "j")]),
        groups: vec![group()],
        status: muster_model::JobStatus::Running,
        stop: false,
        version: 0,
        submit_time: UnixNanos::ZERO,
        create_index: Default::default(),
        modify_index: Default::default(),
        job_modify_index: Default::default(),
    }
}

fn alloc() -> Alloc {
    Alloc {
        id: AllocId::from_bytes([7; 16]),
        eval_id: Default::default(),
        node_id: Default::default(),
        job: Arc::new(job()),
        group: 0,
        name_index: 2,
        desired: Default::default(),
        client: Default::default(),
        transition: Default::default(),
        desired_description: None,
        client_description: None,
        ports: [AllocatedPort { value: 20_001, to: 0 }, AllocatedPort { value: 20_002, to: 80 }]
            .into_iter()
            .collect(),
        previous: None,
        next: None,
        tasks: Box::default(),
        metric: Arc::default(),
        create_index: Default::default(),
        modify_index: Default::default(),
        alloc_modify_index: Default::default(),
        create_time: UnixNanos::ZERO,
        modify_time: UnixNanos::ZERO,
    }
}

fn node() -> Node {
    let capacity = NodeCapacity {
        total: Resources::default(),
        cores: 1,
        ip: "10.0.0.9".into(),
        network_device: "eth0".into(),
        min_dynamic_port: 20_000,
        max_dynamic_port: 32_000,
    };
    Node {
        id: Default::default(),
        name: "host-1".into(),
        datacenter: "dc1".parse().unwrap(),
        pool: "default".parse().unwrap(),
        class: None,
        http_addr: "10.0.0.9:4646".into(),
        attributes: BTreeMap::from([("kernel.name".into(), "linux".into())]),
        meta: BTreeMap::from([("rack".into(), "r1".into())]),
        capacity,
        reserved: Default::default(),
        drivers: BTreeMap::new(),
        host_volumes: BTreeMap::new(),
        computed_class: "".into(),
        status: Default::default(),
        status_description: None,
        eligibility: Default::default(),
        status_updated_at: UnixNanos::ZERO,
        events: Vec::new(),
        create_index: Default::default(),
        modify_index: Default::default(),
    }
}

fn environment() -> TaskEnv {
    let (node, alloc) = (node(), alloc());
    let dirs =
        TaskDirs { alloc: "/a/alloc".into(), local: "/a/web/local".into(), secrets: "/a/web/secrets".into() };
    let base = BaseEnv {
        path: "/bin".into(),
        home: "/root".into(),
        tmpdir: "/a/web/tmp".into(),
        ..BaseEnv::default()
    };
    TaskEnv::build(&TaskEnvInput {
        node: &node,
        region: &Region::global(),
        alloc: &alloc,
        task: &alloc.job.groups[0].tasks[0],
        dirs: &dirs,
        base: &base,
    })
}

#[test]
fn the_environment_is_exactly_this() {
    let env = environment();
    let want = [
        ("GREETING", "hi from host-1 in dc1 on 20001"),
        ("HOME", "/root"),
        ("MISSING", "${attr.no.such}"),
        ("NOMAD_ADDR_http", "10.0.0.9:20001"),
        ("NOMAD_ADDR_in_side", "10.0.0.9:20002"),
        ("NOMAD_ALLOC_DIR", "/a/alloc"),
        ("NOMAD_ALLOC_ID", "07070707-0707-0707-0707-070707070707"),
        ("NOMAD_ALLOC_INDEX", "2"),
        ("NOMAD_ALLOC_NAME", "shop/dispatch-17-ab.front[2]"),
        ("NOMAD_ALLOC_PORT_http", "20001"),
        ("NOMAD_ALLOC_PORT_in-side", "80"),
        ("NOMAD_CPU_LIMIT", "100"),
        ("NOMAD_DC", "dc1"),
        ("NOMAD_GROUP_NAME", "front"),
        ("NOMAD_HOST_ADDR_http", "10.0.0.9:20001"),
        ("NOMAD_HOST_ADDR_in-side", "10.0.0.9:20002"),
        ("NOMAD_HOST_IP_http", "10.0.0.9"),
        ("NOMAD_HOST_IP_in-side", "10.0.0.9"),
        ("NOMAD_HOST_PORT_http", "20001"),
        ("NOMAD_HOST_PORT_in_side", "20002"),
        ("NOMAD_IP_http", "10.0.0.9"),
        ("NOMAD_IP_in_side", "10.0.0.9"),
        ("NOMAD_JOB_ID", "shop/dispatch-17-ab"),
        ("NOMAD_JOB_NAME", "shop"),
        ("NOMAD_JOB_PARENT_ID", "shop"),
        ("NOMAD_MEMORY_LIMIT", "64"),
        ("NOMAD_META_LEVEL", "task"),
        ("NOMAD_META_MY_KEY", "linux"),
        ("NOMAD_META_ONLY_GROUP", "g"),
        ("NOMAD_META_ONLY_JOB", "j"),
        ("NOMAD_META_level", "task"),
        ("NOMAD_META_my_key", "linux"),
        ("NOMAD_META_only_group", "g"),
        ("NOMAD_META_only_job", "j"),
        ("NOMAD_NAMESPACE", "team"),
        ("NOMAD_PORT_http", "20001"),
        ("NOMAD_PORT_in_side", "80"),
        ("NOMAD_REGION", "global"),
        ("NOMAD_SECRETS_DIR", "/a/web/secrets"),
        ("NOMAD_SHORT_ALLOC_ID", "07070707"),
        ("NOMAD_TASK_DIR", "/a/web/local"),
        ("NOMAD_TASK_NAME", "renamed"),
        ("PATH", "/bin"),
        ("TMPDIR", "/a/web/tmp"),
    ];
    let found: Vec<(&str, &str)> =
        env.vars().iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(found, want);
}

#[test]
fn references_are_resolved_everywhere_inside_a_value() {
    let list = Value::List(vec![Value::String("${meta.rack}".into()), Value::Int(1)]);
    let config =
        BTreeMap::from([("args".to_owned(), list), ("on ${node.datacenter}".to_owned(), Value::Bool(true))]);
    let args = Value::List(vec![Value::String("r1".into()), Value::Int(1)]);
    let want = BTreeMap::from([("args".to_owned(), args), ("on dc1".to_owned(), Value::Bool(true))]);
    assert_eq!(environment().interpolate_map(&config), want);
}
