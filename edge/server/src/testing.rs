//! A whole server in this process, without HTTP: in memory, or in a directory.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use muster_ids::{Namespace, Region, ServerId};
use muster_jobspec::Limits;
use muster_leader::{HeartbeatLimits, gc};
use muster_model::{Alloc, Job, JobKey, JobType, Node};
use muster_rpc::{IdentityStore, Role, Secret, UserCa};
use muster_state::Snapshot;
use muster_state::command::{self, Command, IdSeed, Refusal, Reply};

use crate::{AclSettings, AgentInfo, Server, ServerConfig, StartError, Tools, health_unknown};

/// Longer than anything here takes; a test that waits for it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What a test starts a server with.
pub(crate) struct Setup {
    pub config: ServerConfig,
    pub heartbeats: HeartbeatLimits,
    pub ca: UserCa,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let config = ServerConfig {
            region: Region::global(),
            server_id: ServerId::from_bytes([7; 16]),
            data_dir: None,
            rpc_addr: "127.0.0.1:0".parse().unwrap(),
            rpc_advertise: "127.0.0.1:0".parse().unwrap(),
            num_schedulers: 2,
            enabled_schedulers: vec![JobType::Service, JobType::Batch, JobType::System, JobType::Sysbatch],
            heartbeat_grace: Duration::from_secs(10),
            gc_interval: Duration::from_secs(3600),
            gc_thresholds: gc::Thresholds::default(),
            job_limits: Limits::default(),
            tracked_versions: muster_state::KEPT_VERSIONS,
            acl: AclSettings::default(),
            search: crate::http::SearchLimits::default(),
            event_buffer: 10_000,
            scheduler_config: muster_model::SchedulerConfig::default(),
            plan_rejections: None,
            metrics: muster_telemetry::Metrics::default(),
            keystore: None,
            root_keys: muster_leader::root_keys::KeyLimits::default(),
            oidc_issuer: None,
            collection_interval: Duration::from_secs(1),
            dispatched_summaries: true,
            issuer: None,
        };
        Self { config, heartbeats: HeartbeatLimits::default(), ca: UserCa::in_memory().unwrap() }
    }

    pub(crate) fn on_disk(dir: PathBuf) -> Self {
        let mut setup = Self::new();
        setup.config.data_dir = Some(dir);
        setup
    }

    pub(crate) fn identity(&self, role: Role) -> IdentityStore {
        let lifetime = Duration::from_secs(3600);
        let identity = self.ca.issue(role, &Region::global(), SystemTime::now(), lifetime).unwrap();
        IdentityStore::new(identity)
    }

    pub(crate) async fn try_start(&self) -> Result<(Server, Arc<AgentInfo>), StartError> {
        let health = Arc::new(health_unknown);
        let stats = Arc::new(BTreeMap::new);
        let info = |_| {
            let config = serde_json::Value::Null;
            let tools = Tools { enable_debug: true, ..Tools::default() };
            let info = AgentInfo::new("test".into(), "dc1".into(), config, None, health, stats);
            Arc::new(info.with_tools(tools))
        };
        Server::start_with(self.config.clone(), self.heartbeats, self.identity(Role::Server), info).await
    }

    /// A server that leads.
    pub(crate) async fn start(&self) -> (Server, Arc<AgentInfo>) {
        let (server, info) = self.try_start().await.unwrap();
        let mut leadership = server.consensus().leadership();
        let leads = leadership.wait_for(|now| now.is_leader());
        drop(tokio::time::timeout(PATIENCE, leads).await.unwrap().unwrap());
        (server, info)
    }
}

pub(crate) async fn server() -> (Server, Arc<AgentInfo>) {
    Setup::new().start().await
}

pub(crate) async fn propose(server: &Server, command: Command) -> Result<Reply, Refusal> {
    server.consensus().propose(vec![command]).await.unwrap().replies.remove(0)
}

/// Waits until the state shows it.
pub(crate) async fn until<T>(server: &Server, what: &str, look: impl Fn(&Snapshot) -> Option<T>) -> T {
    let mut applied = server.consensus().watch_applied();
    let seen = async {
        loop {
            applied.borrow_and_update();
            if let Some(found) = look(&server.consensus().snapshot()) {
                return found;
            }
            applied.changed().await.unwrap();
        }
    };
    match tokio::time::timeout(PATIENCE, seen).await {
        Ok(found) => found,
        Err(_elapsed) => unreachable!("the state never showed: {what}"),
    }
}

pub(crate) fn secret() -> Secret {
    Secret::new("secret").unwrap()
}

pub(crate) fn register_node(node: Node) -> Command {
    let secret_hash = secret().sha256();
    Command::NodeRegister(Box::new(command::NodeRegister { node, secret_hash, seed: IdSeed([3; 16]) }))
}

pub(crate) fn register_job(job: Job, eval: u8) -> Command {
    Command::JobRegister(Box::new(command::JobRegister {
        job,
        eval_id: muster_ids::EvalId::from_bytes([eval; 16]),
        enforce_index: None,
        submission: None,
        eval_priority: None,
    }))
}

pub(crate) fn key(id: &str) -> JobKey {
    JobKey { namespace: Namespace::default_namespace(), id: id.parse().unwrap() }
}

/// The allocations of a job that servers want and no node has ended.
pub(crate) fn live(snapshot: &Snapshot, job: &str) -> Vec<Arc<Alloc>> {
    let mut allocs: Vec<_> =
        snapshot.allocs_by_job(&key(job)).filter(|alloc| !alloc.terminal()).cloned().collect();
    allocs.sort_unstable_by_key(|alloc| alloc.id);
    allocs
}

/// Waits until so many allocations of a job are wanted and all evaluations of the cluster are done or blocked.
pub(crate) async fn until_live(server: &Server, job: &str, count: usize) -> Vec<Arc<Alloc>> {
    until(server, &format!("{count} live allocations of {job}"), |snapshot| {
        let allocs = live(snapshot, job);
        (allocs.len() == count).then_some(allocs)
    })
    .await
}
