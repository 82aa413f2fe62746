//! One server with everything it decides and stores with, and nodes that exist in its state only.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use muster_ids::{EvalId, Index, NodeId, Region, ServerId, UnixNanos};
use muster_model::{ClientStatus, Job, JobType, Node, TaskEvent, TaskEventKind, TaskPhase, TaskState};
use muster_rpc::{IdentityStore, Role, UserCa};
use muster_server::{AgentInfo, Server, ServerConfig, Shared};
use muster_state::command::{
    AllocClientUpdate, AllocStatusReport, Command, IdSeed, JobRegister, NodeRegister,
};
use muster_state::{Snapshot, invariants};

use crate::figures;

/// Nothing new within this time means that something is stuck.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Cluster {
    server: Server,
    info: Arc<AgentInfo>,
    /// Log and snapshots.
    _dir: tempfile::TempDir,
}

/// What a round took.
#[derive(Clone, Copy)]
pub struct Taken {
    pub time: Duration,
    /// Of this process: the server, and whoever asks it.
    pub cpu: Duration,
}

impl Taken {
    pub fn of<T>(work: impl Future<Output = T>) -> impl Future<Output = (T, Self)> {
        let (started, before) = (Instant::now(), figures::cpu_time());
        async move {
            let value = work.await;
            (value, Self { time: started.elapsed(), cpu: figures::cpu_time().saturating_sub(before) })
        }
    }
}

/// Runs `work` on a runtime like the agent's.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(work)
}

impl Cluster {
    pub async fn start(nodes: impl IntoIterator<Item = Node>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (server, info) = start_server(dir.path()).await;
        let cluster = Self { server, info, _dir: dir };
        let mut commands = Vec::new();
        for node in nodes {
            let command = NodeRegister { node, secret_hash: [0; 32], seed: seed() };
            commands.push(Command::NodeRegister(Box::new(command)));
            if commands.len() == 500 {
                cluster.propose(std::mem::take(&mut commands)).await;
            }
        }
        if !commands.is_empty() {
            cluster.propose(commands).await;
        }
        cluster
    }

    /// Registers all jobs at once, and takes the time until the last allocation is in the state.
    pub async fn place(&self, jobs: Vec<Job>) -> Taken {
        let before = placed(&self.snapshot());
        let wanted: u32 = jobs.iter().flat_map(|job| &job.groups).map(|group| group.count).sum();
        let registrations = async {
            let registrations = jobs.into_iter().map(|job| {
                self.propose(vec![Command::JobRegister(Box::new(JobRegister {
                    job,
                    eval_id: EvalId::from_random(bytes()),
                    enforce_index: None,
                    submission: None,
                    eval_priority: None,
                }))])
            });
            futures::future::join_all(registrations).await;
            self.wait_until(|snapshot| placed(snapshot) >= before + wanted).await;
        };
        Taken::of(registrations).await.1
    }

    /// Every node reports all of its allocations as running, a few nodes at a time.
    pub async fn run_all(&self) -> Taken {
        use futures::StreamExt;
        let snapshot = self.snapshot();
        let nodes: Vec<NodeId> = snapshot.nodes().map(|node| node.id).collect();
        let reports = futures::stream::iter(nodes)
            .map(|node| self.propose(vec![running(&snapshot, node)]))
            .buffer_unordered(64)
            .for_each(|()| std::future::ready(()));
        Taken::of(reports).await.1
    }

    /// Checks the state as a whole: no node, device or port is given out twice, and every index says what it should.
    pub fn check(&self) {
        if let Err(violation) = invariants::check(&self.snapshot()) {
            panic!("{violation}");
        }
    }

    pub fn snapshot(&self) -> Snapshot {
        self.server.consensus().snapshot()
    }

    /// What a listener needs to answer requests.
    pub fn shared(&self) -> Arc<Shared> {
        self.server.shared()
    }

    pub fn info(&self) -> Arc<AgentInfo> {
        Arc::clone(&self.info)
    }

    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }

    async fn propose(&self, commands: Vec<Command>) {
        let proposed = self.server.consensus().propose(commands).await.unwrap();
        assert!(proposed.replies.iter().all(Result::is_ok), "{:?}", proposed.replies);
    }

    async fn wait_until(&self, done: impl Fn(&Snapshot) -> bool) {
        let mut applied = self.server.consensus().watch_applied();
        while !done(&self.snapshot()) {
            let next = tokio::time::timeout(PATIENCE, applied.changed()).await;
            next.expect("nothing happens any more").unwrap();
        }
    }
}

/// Allocations that hold resources, counted by node: a walk over every allocation would be most of the work.
pub fn placed(snapshot: &Snapshot) -> u32 {
    snapshot.columns().iter().map(|(_, node)| node.alloc_count()).sum()
}

async fn start_server(dir: &Path) -> (Server, Arc<AgentInfo>) {
    let region = Region::global();
    let ca = UserCa::in_memory().unwrap();
    let identity = IdentityStore::new(
        ca.issue(Role::Server, &region, std::time::SystemTime::now(), Duration::from_secs(86_400)).unwrap(),
    );
    let config = ServerConfig {
        region,
        server_id: ServerId::from_random(bytes()),
        data_dir: Some(dir.to_owned()),
        rpc_addr: SocketAddr::from(([127, 0, 0, 1], 0)),
        rpc_advertise: SocketAddr::from(([127, 0, 0, 1], 0)),
        num_schedulers: 2,
        enabled_schedulers: vec![JobType::Batch, JobType::Service],
        heartbeat_grace: Duration::from_secs(3600),
        gc_interval: Duration::from_secs(3600),
        gc_thresholds: muster_leader::gc::Thresholds::default(),
        job_limits: muster_jobspec::Limits::default(),
        tracked_versions: muster_state::KEPT_VERSIONS,
        acl: muster_server::AclSettings::default(),
        search: muster_server::http::SearchLimits::default(),
        event_buffer: 10_000,
        scheduler_config: muster_model::SchedulerConfig::default(),
        plan_rejections: None,
        metrics: muster_telemetry::Metrics::default(),
        dispatched_summaries: false,
        issuer: None,
        keystore: Some(dir.join("keystore")),
        root_keys: muster_leader::root_keys::KeyLimits::default(),
        oidc_issuer: None,
        collection_interval: Duration::from_secs(3600),
    };
    let info = |_| {
        let health = Arc::new(muster_server::health_unknown);
        Arc::new(AgentInfo::new(
            "bench".into(),
            "dc1".into(),
            serde_json::Value::Null,
            None,
            health,
            Arc::new(Default::default),
        ))
    };
    Server::start(config, identity, info).await.unwrap()
}

/// What a node sends once its tasks run, with the events that a task has by then.
fn running(snapshot: &Snapshot, node: NodeId) -> Command {
    let event = |kind| TaskEvent { time: UnixNanos(1), kind };
    let updates = snapshot.allocs_by_node(node).map(|alloc| AllocStatusReport {
        id: alloc.id,
        status: ClientStatus::Running,
        description: None,
        tasks: vec![TaskState {
            phase: TaskPhase::Running,
            started_at: UnixNanos(1),
            events: vec![
                event(TaskEventKind::Received),
                event(TaskEventKind::BuildingTaskDir),
                event(TaskEventKind::Started),
            ],
            ..TaskState::default()
        }],
        // Found later, when the tasks have run for as long as the rollout wants.
        health: None,
    });
    Command::AllocClientUpdate(AllocClientUpdate { node_id: node, updates: updates.collect(), seed: seed() })
}

/// Where the log is; `Index` only grows.
pub fn entries(snapshot: &Snapshot) -> u64 {
    let Index(index) = snapshot.index();
    index
}

fn seed() -> IdSeed {
    IdSeed(bytes())
}

fn bytes() -> [u8; 16] {
    *uuid::Uuid::new_v4().as_bytes()
}
