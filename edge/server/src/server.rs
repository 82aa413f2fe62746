//! Starts and stops the server role: a table of contents of its parts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use muster_consensus::{AppliedBatch, Consensus, ConsensusConfig, Leadership};
use muster_ids::{Region, ServerId};
use muster_jobspec::Limits;
use muster_leader::{HeartbeatLimits, gc};
use muster_model::JobType;
use muster_rpc::{IdentityStore, Listener};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::agent::AgentInfo;
use crate::brain::Brain;
use crate::ids::IdSource;
use crate::sessions::Sessions;
use crate::shared::Shared;
use crate::watch::Watches;
use crate::{housekeeper, node_rpc, planner, worker};

/// Decided settings of the server role.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    pub region: Region,
    pub server_id: ServerId,
    /// Where log and snapshots live; `None` keeps them in memory only (dev mode).
    pub data_dir: Option<PathBuf>,
    pub rpc_addr: SocketAddr,
    /// Worker threads; 0 leaves scheduling to other servers.
    pub num_schedulers: usize,
    pub enabled_schedulers: Vec<JobType>,
    pub heartbeat_grace: Duration,
    pub gc_interval: Duration,
    pub gc_thresholds: gc::Thresholds,
    pub job_limits: Limits,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the server's log or state cannot be opened: {0}")]
    Consensus(#[from] muster_consensus::StartError),
    #[error("cannot listen for agents on {addr}: {source}")]
    Listen { addr: SocketAddr, source: std::io::Error },
    #[error("cannot start a scheduler thread: {0}")]
    Thread(#[source] std::io::Error),
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Recovers or bootstraps the state, then begins to lead, schedule and listen for agents. `agent` is called with
    /// the address bound, to describe this agent.
    ///
    /// # Errors
    /// When the state cannot be opened or the address cannot be bound.
    pub async fn start(
        config: ServerConfig,
        identity: IdentityStore,
        agent: impl FnOnce(SocketAddr) -> Arc<AgentInfo>,
    ) -> Result<(Self, Arc<AgentInfo>), StartError> {
        let listener = Listener::bind(config.rpc_addr, identity, muster_rpc::Limits::default())
            .await
            .map_err(|source| StartError::Listen { addr: config.rpc_addr, source })?;
        let rpc_advertise = listener.local_addr();
        let (consensus, applied) =
            Consensus::start(ConsensusConfig::new(config.data_dir.clone(), config.server_id)).await?;
        let shared = Arc::new(Shared {
            consensus,
            watches: Watches::new(),
            sessions: Sessions::default(),
            brain: Brain::new(HeartbeatLimits {
                grace: config.heartbeat_grace,
                ..HeartbeatLimits::default()
            }),
            ids: IdSource,
            region: config.region.clone(),
            rpc_advertise,
            job_limits: config.job_limits.clone(),
        });
        let info = agent(rpc_advertise);
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(follow_log(Arc::clone(&shared), applied, stop.clone()));
        tasks.spawn(planner::run(Arc::clone(&shared), stop.clone()));
        tasks.spawn(housekeeper::run(
            Arc::clone(&shared),
            config.gc_interval,
            config.gc_thresholds,
            stop.clone(),
        ));
        tasks.spawn(node_rpc::serve(listener, Arc::clone(&shared), Arc::clone(&info), stop.clone()));
        let threads = start_workers(&config, &shared).map_err(StartError::Thread)?;
        Ok((Self { shared, stop, tasks, threads }, info))
    }

    /// What the HTTP listener needs to answer requests.
    #[must_use]
    pub fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Where agents reach this server, with the real port.
    #[must_use]
    pub fn rpc_addr(&self) -> SocketAddr {
        self.shared.rpc_advertise
    }

    /// The log and state of this server, for benchmarks that go around the API.
    #[must_use]
    pub fn consensus(&self) -> &Consensus {
        &self.shared.consensus
    }

    /// Stops scheduling and listening, then closes the log.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        self.shared.brain.stop();
        while self.tasks.join_next().await.is_some() {}
        for thread in self.threads.drain(..) {
            let _joined = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        self.shared.consensus.shutdown().await;
    }
}

fn start_workers(config: &ServerConfig, shared: &Arc<Shared>) -> std::io::Result<Vec<JoinHandle<()>>> {
    let runtime = tokio::runtime::Handle::current();
    (0..config.num_schedulers)
        .map(|number| {
            worker::spawn(number, Arc::clone(shared), config.enabled_schedulers.clone(), runtime.clone())
        })
        .collect()
}

/// Feeds what is applied to watchers and brains, and tells the brains when this server begins or ceases to lead.
async fn follow_log(shared: Arc<Shared>, mut applied: mpsc::Receiver<AppliedBatch>, stop: CancellationToken) {
    let mut leadership = shared.consensus.leadership();
    let mut leading = false;
    loop {
        let leads = matches!(*leadership.borrow_and_update(), Leadership::Leader { .. });
        if leads != leading {
            leading = leads;
            match leads {
                true => shared.brain.lead(&shared.consensus.snapshot(), shared.now()),
                false => shared.brain.follow(),
            }
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            changed = leadership.changed() => if changed.is_err() { return },
            batch = applied.recv() => match batch {
                None => return,
                // Batches in between are lost: everyone looks again at the state itself.
                Some(batch) if batch.missed => {
                    shared.watches.wake_all();
                    if leading {
                        shared.brain.lead(&batch.snapshot, shared.now());
                    }
                }
                Some(batch) => {
                    shared.watches.wake(&batch.changed);
                    shared.brain.applied(&batch, shared.now());
                }
            }
        }
    }
}
