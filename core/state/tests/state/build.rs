//! Small values; tests change the fields they are about.

use std::sync::Arc;
use std::time::Duration;

use muster_ids::{AllocId, DeploymentId, EvalId, Index, JobId, Namespace, NodeId, UnixNanos};
use muster_model::{
    AllocHealth, AllocatedPort, ClientStatus, Deployment, DeploymentGroup, DeploymentStatus,
    DesiredTransition, DispatchLimits, EvalTrigger, Evaluation, Group, Job, JobKey, JobType, Node,
    NodeStatus, Overrides, Parameterized, Periodic, Placement, Plan, Resources, Stop,
};
use muster_state::command::{
    AllocClientUpdate, AllocStatusReport, Command, IdSeed, JobDeregister, JobDispatch, JobRegister,
    LaunchCause, NodeRegister, NodeStatusUpdate, PeriodicLaunch,
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
    Job { groups: vec![group("web", 2), group("db", 1)].into(), ..muster_builders::job(id, kind, 1) }
}

pub fn group(name: &str, count: u32) -> Group {
    let mut group = muster_builders::group(name, count);
    group.tasks[0].resources = muster_builders::resources(300, 100);
    group
}

/// Offers 1000 MHz, 1000 MB and 1000 MB; port 9999 is reserved.
pub fn node(number: u32) -> Node {
    let mut node = muster_builders::node(number);
    node.id = node_id(number);
    node.capacity.total = Resources { cpu_mhz: 1000, memory_mb: 1000, disk_mb: 1000, ..Resources::default() };
    node.capacity.cores = 1;
    node.reserved.ports = vec![9999];
    node.drivers.clear();
    node.status = NodeStatus::Initializing;
    node
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

/// A batch job that is dispatched.
pub fn parameterized(id: &str, rules: Parameterized) -> Job {
    Job { parameterized: Some(Arc::new(rules)), ..job(id, JobType::Batch) }
}

/// A batch job that starts every minute.
pub fn periodic(id: &str) -> Job {
    let periodic = Periodic {
        enabled: true,
        specs: vec!["* * * * *".into()],
        time_zone: "UTC".into(),
        ..Periodic::default()
    };
    Job { periodic: Some(Box::new(periodic)), ..job(id, JobType::Batch) }
}

pub fn dispatching(id: &str, eval: u32) -> JobDispatch {
    JobDispatch {
        key: key(id),
        payload: None,
        meta: Default::default(),
        overrides: Overrides::default(),
        id_infix: None,
        priority: None,
        token: None,
        eval_id: eval_id(eval),
        limits: DispatchLimits::default(),
    }
}

pub fn dispatch(of: JobDispatch) -> Command {
    Command::JobDispatch(Box::new(of))
}

pub fn launch(id: &str, cause: LaunchCause, eval: u32) -> Command {
    Command::PeriodicLaunch(PeriodicLaunch { key: key(id), eval_id: eval_id(eval), cause })
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
    let report = AllocStatusReport {
        id: alloc_id(alloc),
        status,
        description: Some("said so".into()),
        tasks: vec![],
        health: None,
    };
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
        deployment_id: None,
        deployment: None,
        deployment_updates: Vec::new(),
    }
}

pub fn placement(alloc: u32, node: u32, ports: &[u16]) -> Placement {
    Placement {
        id: alloc_id(alloc),
        node_id: node_id(node),
        group: 0,
        name_index: alloc,
        ports: ports.iter().map(|value| AllocatedPort { value: *value, to: 0 }).collect(),
        allotted: None,
        previous: None,
        preempts: Vec::new(),
        metric: 0,
        in_deployment: false,
        canary: false,
        job_version: None,
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

pub fn deployment_id(number: u32) -> DeploymentId {
    DeploymentId::from_random(bytes(4, number))
}

/// A rollout of the job's first group, as a plan brings it.
pub fn deployment(id: DeploymentId, job: &Job, canaries: u32) -> Deployment {
    let group = &job.groups[0];
    let state = DeploymentGroup {
        desired_canaries: canaries,
        desired_total: group.count,
        progress_deadline: Duration::from_secs(600),
        ..DeploymentGroup::default()
    };
    Deployment {
        id,
        namespace: job.namespace.clone(),
        job_id: job.id.clone(),
        job_version: job.version,
        job_modify_index: job.modify_index,
        job_spec_modify_index: job.job_modify_index,
        job_create_index: job.create_index,
        groups: [(group.name.clone(), state)].into(),
        status: DeploymentStatus::Running,
        status_description: Deployment::RUNNING.into(),
        eval_priority: 50,
        decided_index: Index::ZERO,
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
        create_time: UnixNanos::ZERO,
        modify_time: UnixNanos::ZERO,
    }
}

/// The node says that the allocation runs, and whether it is healthy.
pub fn verdict(alloc: u32, node: u32, deployment: u32, status: ClientStatus, healthy: bool) -> Command {
    let health = AllocHealth { healthy, time: UnixNanos(5), deployment: Some(deployment_id(deployment)) };
    let report = AllocStatusReport {
        id: alloc_id(alloc),
        status,
        description: None,
        tasks: vec![],
        health: Some(health),
    };
    Command::AllocClientUpdate(AllocClientUpdate {
        node_id: node_id(node),
        updates: vec![report],
        seed: SEED,
    })
}
