//! Placements per second, through the real log, workers and plan queue, on nodes that exist in the state only.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use muster_ids::{EvalId, Region, ServerId};
use muster_model::{Job, JobType};
use muster_rpc::{IdentityStore, Role, UserCa};
use muster_server::{AgentInfo, Server, ServerConfig};
use muster_state::command::{Command, IdSeed, JobRegister, NodeRegister};
use muster_testkit::build;

use crate::{figures, limits};

const NODES: u32 = 5000;
const ALLOCS: u32 = 10_000;

pub fn run() {
    let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let syncs = limits::fdatasyncs_per_second();
        for (name, goal, jobs) in [
            ("10,000 one-allocation jobs on 5,000 nodes", 10_000.0, small_jobs()),
            (
                "one job of 10,000 allocations on 5,000 nodes",
                50_000.0,
                vec![sized(build::job("large", JobType::Batch, ALLOCS))],
            ),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let server = start(dir.path()).await;
            let taken = place(&server, jobs).await;
            figures::rate(
                name,
                f64::from(ALLOCS) / taken.as_secs_f64(),
                Some(goal),
                Some(("fdatasync", syncs)),
            );
            server.shutdown().await;
        }
    });
}

fn small_jobs() -> Vec<Job> {
    (0..ALLOCS).map(|n| sized(build::job(&format!("small-{n}"), JobType::Batch, 1))).collect()
}

/// Small enough that all fit.
fn sized(mut job: Job) -> Job {
    for task in job.groups.iter_mut().flat_map(|group| &mut group.tasks) {
        task.resources.cpu_mhz = 20;
        task.resources.memory_mb = 16;
    }
    job
}

async fn start(dir: &std::path::Path) -> Server {
    let region = Region::global();
    let ca = UserCa::in_memory().unwrap();
    let identity = IdentityStore::new(
        ca.issue(Role::Server, &region, std::time::SystemTime::now(), Duration::from_secs(86_400)).unwrap(),
    );
    let config = ServerConfig {
        region,
        server_id: ServerId::from_random(*uuid::Uuid::new_v4().as_bytes()),
        data_dir: Some(dir.to_owned()),
        rpc_addr: SocketAddr::from(([127, 0, 0, 1], 0)),
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
        dispatched_summaries: true,
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
    let (server, _) = Server::start(config, identity, info).await.unwrap();
    for first in (0..NODES).step_by(500) {
        let commands = (first..first + 500).map(|n| {
            Command::NodeRegister(Box::new(NodeRegister {
                node: build::node(n),
                secret_hash: [0; 32],
                seed: seed(),
            }))
        });
        server.consensus().propose(commands.collect()).await.unwrap();
    }
    server
}

/// Registers all jobs, and takes the time until the last allocation is in the state.
async fn place(server: &Server, jobs: Vec<Job>) -> Duration {
    let started = Instant::now();
    let registrations = jobs.into_iter().map(|job| {
        let command = Command::JobRegister(Box::new(JobRegister {
            job,
            eval_id: EvalId::from_random(*uuid::Uuid::new_v4().as_bytes()),
            enforce_index: None,
            submission: None,
            eval_priority: None,
        }));
        server.consensus().propose(vec![command])
    });
    for result in futures::future::join_all(registrations).await {
        result.unwrap().replies.remove(0).unwrap();
    }
    let mut applied = server.consensus().watch_applied();
    while server.consensus().snapshot().allocs().count() < ALLOCS as usize {
        let next = tokio::time::timeout(Duration::from_secs(60), applied.changed()).await;
        next.expect("placements stalled").unwrap();
    }
    started.elapsed()
}

fn seed() -> IdSeed {
    IdSeed(*uuid::Uuid::new_v4().as_bytes())
}
