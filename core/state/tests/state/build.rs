//! Small values; tests change the fields they are about.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{
    AllocId, Datacenter, DriverName, EvalId, GroupName, Index, JobId, Namespace, NodeId, NodePool, Region,
    TaskName, UnixNanos,
};
use muster_model::{
    AllocatedPort, ClientStatus, DesiredTransition, Eligibility, EphemeralDisk, EvalTrigger, Evaluation,
    Group, Job, JobKey, JobStatus, JobType, LogConfig, Node, NodeCapacity, NodeStatus, Placement, Plan,
    Reserved, Resources, RestartMode, RestartPolicy, Stop, Task, TaskResources,
};
use muster_state::command::{
    AllocClientUpdate, AllocStatusReport, Command, IdSeed, JobDeregister, JobRegister, NodeRegister,
    NodeStatusUpdate,
};

fn bytes(kind: u8, number: u32) -> [u8; 16] {
    let mut bytes = [kind; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    bytes
}

pub fn node_id(number: u32) -> NodeId {
    NodeId::from_random(bytes(1, number))
}

pub fn alloc_id(number: u32) -> AllocId {
    AllocId::from_random(bytes(2, number))
}

pub fn eval_id(number: u32) -> EvalId {
    EvalId::from_random(bytes(3, number))
}

pub fn key(id: &str) -> JobKey {
    JobKey { namespace: Namespace::default_namespace(), id: JobId::new(id).unwrap() }
}

/// Each allocation takes 300 MHz, 100 MB and 10 MB: three fit on a [`node`].
pub fn job(id: &str, kind: JobType) -> Job {
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
        groups: vec![group("web", 2), group("db", 1)],
        status: JobStatus::Pending,
        stop: false,
        version: 0,
        submit_time: UnixNanos::ZERO,
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
        job_modify_index: Index::ZERO,
    }
}

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
        tasks: vec![task()],
    }
}

fn task() -> Task {
    Task {
        name: TaskName::new("main").unwrap(),
        driver: DriverName::new("raw_exec").unwrap(),
        user: None,
        config: BTreeMap::new(),
        env: BTreeMap::new(),
        meta: BTreeMap::new(),
        constraints: Vec::new(),
        resources: TaskResources { cpu_mhz: 300, cores: 0, memory_mb: 100, memory_max_mb: 0 },
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

fn restart() -> RestartPolicy {
    let (interval, delay) = (Duration::from_secs(1800), Duration::from_secs(15));
    RestartPolicy { attempts: 2, interval, delay, mode: RestartMode::Fail, render_templates: false }
}

/// Offers 1000 MHz, 1000 MB and 1000 MB; port 9999 is reserved.
pub fn node(number: u32) -> Node {
    Node {
        id: node_id(number),
        name: format!("node-{number}").into(),
        datacenter: Datacenter::new("dc1").unwrap(),
        pool: NodePool::default_pool(),
        class: None,
        http_addr: "127.0.0.1:4646".into(),
        attributes: BTreeMap::from([("kernel.name".into(), "linux".into())]),
        meta: BTreeMap::new(),
        capacity: NodeCapacity {
            total: Resources { cpu_mhz: 1000, memory_mb: 1000, disk_mb: 1000 },
            cores: 1,
            ip: "127.0.0.1".into(),
            network_device: "lo".into(),
            min_dynamic_port: 20_000,
            max_dynamic_port: 32_000,
        },
        reserved: Reserved { resources: Resources::default(), ports: vec![9999] },
        drivers: BTreeMap::new(),
        host_volumes: BTreeMap::new(),
        computed_class: "v1:1".into(),
        status: NodeStatus::Initializing,
        status_description: None,
        eligibility: Eligibility::Eligible,
        status_updated_at: UnixNanos::ZERO,
        events: Vec::new(),
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
    }
}

pub fn register(job: Job, eval: u32) -> Command {
    Command::JobRegister(Box::new(JobRegister {
        job,
        eval_id: eval_id(eval),
        enforce_index: None,
        submission: None,
        eval_priority: None,
    }))
}

pub fn deregister(id: &str, purge: bool, eval: u32) -> Command {
    Command::JobDeregister(JobDeregister {
        key: key(id),
        purge,
        eval_id: eval_id(eval),
        eval_priority: None,
        no_shutdown_delay: false,
    })
}

pub const SEED: IdSeed = IdSeed([5; 16]);

pub fn join(node: Node) -> Command {
    Command::NodeRegister(Box::new(NodeRegister { node, secret_hash: [7; 32], seed: SEED }))
}

pub fn status(number: u32, status: NodeStatus) -> Command {
    Command::NodeStatusUpdate(NodeStatusUpdate {
        node_id: node_id(number),
        status,
        description: None,
        seed: SEED,
    })
}

pub fn report(node: u32, alloc: u32, status: ClientStatus) -> Command {
    let report =
        AllocStatusReport { id: alloc_id(alloc), status, description: Some("said so".into()), tasks: vec![] };
    Command::AllocClientUpdate(AllocClientUpdate {
        node_id: node_id(node),
        updates: vec![report],
        seed: SEED,
    })
}

pub fn plan(job: &str, eval: u32, version: u64, snapshot: Index) -> Plan {
    let key = key(job);
    Plan {
        eval_id: eval_id(eval),
        namespace: key.namespace,
        job_id: key.id,
        job_version: version,
        priority: 50,
        all_at_once: false,
        snapshot_index: snapshot,
        stops: Vec::new(),
        placements: Vec::new(),
        metrics: Vec::new(),
        evals_if_whole: Vec::new(),
    }
}

pub fn placement(alloc: u32, node: u32, ports: &[u16]) -> Placement {
    Placement {
        id: alloc_id(alloc),
        node_id: node_id(node),
        group: 0,
        name_index: alloc,
        ports: ports.iter().map(|value| AllocatedPort { value: *value, to: 0 }).collect(),
        previous: None,
        metric: 0,
    }
}

pub fn stop(alloc: u32, client_status: Option<ClientStatus>) -> Stop {
    let transition = DesiredTransition::default();
    Stop { id: alloc_id(alloc), description: "not needed".into(), client_status, transition }
}

pub fn evaluation(number: u32, job: &Job, status: muster_model::EvalStatus) -> Evaluation {
    let mut eval = Evaluation::pending(eval_id(number), job, EvalTrigger::JobRegister, UnixNanos::ZERO);
    eval.status = status;
    eval
}
