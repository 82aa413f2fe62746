//! Starts and stops the server role: a table of contents of its parts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use muster_consensus::{AppliedBatch, Consensus, ConsensusConfig, Leadership};
use muster_cron::Zone;
use muster_ids::{Region, ServerId};
use muster_jobspec::Limits;
use muster_keyring::Keyring;
use muster_leader::root_keys::KeyLimits;
use muster_leader::{HeartbeatLimits, RejectionLimits, gc};
use muster_model::{JobType, SchedulerConfig};
use muster_rpc::{IdentityStore, Listener};
use muster_telemetry::Metrics;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::acl::{AclSettings, CompiledRules};
use crate::agent::AgentInfo;
use crate::brain::Brain;
use crate::events::Events;
use crate::http::SearchLimits;
use crate::ids::IdSource;
use crate::joining::{self, Issuer};
use crate::revocations;
use crate::sessions::Sessions;
use crate::shared::Shared;
use crate::watch::Watches;
use crate::workers::Workers;
use crate::{housekeeper, metrics, node_rpc, planner, root_keys, worker};

/// Decided settings of the server role.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    pub region: Region,
    pub server_id: ServerId,
    /// Where log and snapshots live; `None` keeps them in memory only (dev mode).
    pub data_dir: Option<PathBuf>,
    pub rpc_addr: SocketAddr,
    /// Where agents reach it; port 0 means the port that is bound.
    pub rpc_advertise: SocketAddr,
    /// Worker threads; 0 leaves scheduling to other servers.
    pub num_schedulers: usize,
    pub enabled_schedulers: Vec<JobType>,
    pub heartbeat_grace: Duration,
    pub gc_interval: Duration,
    pub gc_thresholds: gc::Thresholds,
    pub job_limits: Limits,
    /// How many versions of a job are kept, those with a tag aside.
    pub tracked_versions: u32,
    pub acl: AclSettings,
    pub search: SearchLimits,
    /// Events kept for those who follow them; 0 keeps none.
    pub event_buffer: usize,
    /// Stored by the first leader of a new cluster, never again.
    pub scheduler_config: SchedulerConfig,
    pub plan_rejections: Option<RejectionLimits>,
    pub metrics: Metrics,
    /// Where the key-encryption key lies; `None` keeps it in memory only (dev mode).
    pub keystore: Option<PathBuf>,
    pub root_keys: KeyLimits,
    pub oidc_issuer: Option<String>,
    /// How often what changes by itself is measured.
    pub collection_interval: Duration,
    /// Whether jobs that were dispatched are measured one by one.
    pub dispatched_summaries: bool,
    /// Lets machines without a certificate join; `None` lets nobody.
    pub issuer: Option<Arc<Issuer>>,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the server's log or state cannot be opened: {0}")]
    Consensus(#[from] muster_consensus::StartError),
    #[error(transparent)]
    Keyring(#[from] muster_keyring::KeyringError),
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
        let heartbeats = HeartbeatLimits { grace: config.heartbeat_grace, ..HeartbeatLimits::default() };
        Self::start_with(config, heartbeats, identity, agent).await
    }

    /// The same with other limits on heartbeats than the defaults; `config.heartbeat_grace` is not used then.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_with(
        config: ServerConfig,
        heartbeats: HeartbeatLimits,
        identity: IdentityStore,
        agent: impl FnOnce(SocketAddr) -> Arc<AgentInfo>,
    ) -> Result<(Self, Arc<AgentInfo>), StartError> {
        let keyring = Keyring::open(config.keystore.as_deref())?;
        let mut recovered = ConsensusConfig::new(config.data_dir.clone(), config.server_id);
        recovered.event_buffer = config.event_buffer;
        let (consensus, applied) = Consensus::start(recovered).await?;
        let revocations = identity.revocations().clone();
        // Only now may agents connect: what they are told comes from the whole state.
        let limits = muster_rpc::Limits::default();
        let later = joining::Later::default();
        let door = config.issuer.as_ref();
        let door = door.map(|issuer| joining::door(issuer, &config.region, Arc::clone(&later)));
        let bound = match TcpListener::bind(config.rpc_addr).await {
            Ok(tcp) => Listener::from_tcp(tcp, identity, limits, door),
            Err(error) => Err(error),
        };
        let listener = match bound {
            Ok(listener) => listener,
            Err(source) => {
                consensus.shutdown().await;
                return Err(StartError::Listen { addr: config.rpc_addr, source });
            }
        };
        let mut rpc_advertise = config.rpc_advertise;
        if rpc_advertise.port() == 0 {
            rpc_advertise.set_port(listener.local_addr().port());
        }
        let info = agent(rpc_advertise);
        let shared = Arc::new(Shared {
            consensus,
            watches: Watches::new(),
            sessions: Sessions::default(),
            brain: Brain::new(heartbeats).tracking(config.plan_rejections),
            events: Events::default(),
            ids: IdSource,
            region: config.region.clone(),
            rpc_advertise,
            issuer: config.issuer.clone(),
            job_limits: config.job_limits.clone(),
            acl: config.acl.clone(),
            acl_rules: CompiledRules::default(),
            search: config.search,
            initial_scheduler_config: config.scheduler_config.clone(),
            metrics: config.metrics.clone(),
            keyring: Arc::new(keyring),
            root_keys: config.root_keys,
            oidc_issuer: config.oidc_issuer.clone(),
            local_zone: Zone::of(jiff::tz::TimeZone::system()),
            server_id: config.server_id,
            workers: Workers::default(),
        });
        let _first = later.set(Arc::downgrade(&shared));
        shared.brain.keep_versions(config.tracked_versions);
        shared.brain.set_local_zone(shared.local_zone.clone());
        let mut server =
            Self { shared, stop: CancellationToken::new(), tasks: JoinSet::new(), threads: Vec::new() };
        if let Err(error) = server.start_workers(&config) {
            server.shutdown().await;
            return Err(StartError::Thread(error));
        }
        server.start_tasks(&config, listener, applied, &info);
        server.tasks.spawn(revocations::run(server.shared(), revocations, server.stop.clone()));
        Ok((server, info))
    }

    fn start_workers(&mut self, config: &ServerConfig) -> std::io::Result<()> {
        let runtime = tokio::runtime::Handle::current();
        for number in 0..config.num_schedulers {
            let kinds = config.enabled_schedulers.clone();
            self.threads.push(worker::spawn(number, self.shared(), kinds, runtime.clone())?);
        }
        Ok(())
    }

    fn start_tasks(
        &mut self,
        config: &ServerConfig,
        listener: Listener,
        applied: mpsc::Receiver<AppliedBatch>,
        info: &Arc<AgentInfo>,
    ) {
        let (shared, stop) = (|| Arc::clone(&self.shared), || self.stop.clone());
        self.tasks.spawn(follow_log(shared(), applied, stop()));
        self.tasks.spawn(planner::run(shared(), stop()));
        self.tasks.spawn(housekeeper::run(shared(), config.gc_interval, config.gc_thresholds, stop()));
        self.tasks.spawn(root_keys::run(shared(), stop()));
        let (interval, dispatched) = (config.collection_interval, config.dispatched_summaries);
        self.tasks.spawn(metrics::run(shared(), interval, dispatched, stop()));
        self.tasks.spawn(node_rpc::serve(listener, shared(), Arc::clone(info), stop()));
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

    /// Stops scheduling and listening, then closes the log. Nothing of the server runs when this returns, but for
    /// requests of others that are being answered with an error.
    pub async fn shutdown(mut self) {
        self.stop();
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a task of the server ended abnormally");
            }
        }
        for thread in self.threads.drain(..) {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("a scheduler thread ended abnormally");
            }
        }
        self.shared.consensus.shutdown().await;
    }

    fn stop(&self) {
        self.stop.cancel();
        self.shared.brain.stop();
    }
}

/// Threads do not end by themselves.
impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Feeds what is applied to watchers and brains, and tells the brains when this server begins or ceases to lead.
async fn follow_log(shared: Arc<Shared>, mut applied: mpsc::Receiver<AppliedBatch>, stop: CancellationToken) {
    let mut leadership = shared.consensus.leadership();
    let mut leading = None;
    loop {
        let term = match *leadership.borrow_and_update() {
            Leadership::Leader { term } => Some(term),
            Leadership::Follower { .. } => None,
        };
        if term != leading {
            leading = term;
            match term {
                Some(_) => shared.brain.lead(&shared.consensus.snapshot(), shared.now()),
                None => shared.brain.follow(),
            }
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            changed = leadership.changed() => if changed.is_err() { break },
            batch = applied.recv() => match batch {
                None => break,
                Some(batch) => take_in(&shared, &batch),
            }
        }
    }
    shared.brain.follow();
    tracing::error!("the log ended; this server no longer schedules");
}

fn take_in(shared: &Shared, batch: &AppliedBatch) {
    if batch.missed {
        // Batches in between are lost: everyone looks again at the state itself.
        shared.watches.wake_all();
        shared.brain.resume(&batch.snapshot, shared.now());
    } else {
        shared.watches.wake(&batch.changed);
        shared.brain.applied(batch, shared.now());
    }
}

#[cfg(test)]
mod tests;
