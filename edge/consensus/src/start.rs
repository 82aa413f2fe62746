//! Start, in phases: take the directory, load the snapshot, open the log, run raft, wait until it is caught up.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use muster_ids::{Index, ServerId};
use muster_state::State;
use openraft::async_runtime::watch::WatchReceiver;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use crate::applied::{AppliedBatch, Published, Publisher, Readers};
use crate::config::ConsensusConfig;
use crate::consensus::{Consensus, Inner};
use crate::disk::{Disk, MemoryDisk, RealDisk};
use crate::error::{StartError, StorageError};
use crate::event_log::EventLog;
use crate::leadership::{self, Leadership};
use crate::proposer::{self, EntryLimits};
use crate::raft::convert::{log_id, stored_membership};
use crate::raft::log_store::LogStore;
use crate::raft::peers::NoPeers;
use crate::raft::state_machine::{SnapshotDue, StateMachine};
use crate::raft::types::{Member, Raft, StoredMembership};
use crate::refill::Refill;
use crate::snapshot::{Loaded, SnapshotMeta, SnapshotStore};
use crate::snapshotter::Snapshotter;
use crate::wal::{Log, LogOptions, Wal};

/// The two directories, and what keeps others out of them.
pub(crate) struct Disks {
    pub log: Arc<dyn Disk>,
    pub snapshots: Arc<dyn Disk>,
    pub lock: Option<File>,
}

/// What the disk held.
struct Recovered {
    log: Log,
    store: Arc<SnapshotStore>,
    intact: Option<(SnapshotMeta, State)>,
    lock: Option<File>,
}

type Started = Result<(Consensus, mpsc::Receiver<AppliedBatch>), StartError>;

pub(crate) async fn start(config: ConsensusConfig) -> Started {
    let dir = config.data_dir.clone();
    start_on(config, move || open_disks(dir.as_deref())).await
}

pub(crate) async fn start_on(
    config: ConsensusConfig,
    open: impl FnOnce() -> Result<Disks, StorageError> + Send + 'static,
) -> Started {
    let settings = Arc::new(raft_settings(&config)?);
    let opened = {
        let config = config.clone();
        tokio::task::spawn_blocking(move || recover(&config, open()?))
            .await
            .map_err(|e| StartError::Raft(e.to_string()))??
    };
    let Recovered { log, store, intact, lock } = opened;
    let due = Arc::new(Notify::new());
    let begun_with = intact.as_ref().map_or(0, |(meta, _)| meta.last.index);
    let events = EventLog::new(config.event_buffer, Index(begun_with));
    let (machine, readers) = state_machine(&config, intact, &store, &due, &events)?;
    let (wal, thread) = Wal::start(log).map_err(|error| StartError::Raft(error.to_string()))?;
    let refill = Refill { log: wal.reader().clone(), store: Arc::clone(&store), begun_with };
    let refilled = events.clone();
    let _beside = tokio::task::spawn_blocking(move || refill.run(&refilled));
    let log_store = LogStore::new(wal.clone(), Arc::clone(&store));
    let raft = Raft::new(config.server_id, settings, NoPeers, log_store, machine)
        .await
        .map_err(|error| StartError::Raft(error.to_string()))?;
    take_part(&raft, config.server_id).await?;
    let batches = subscribe(&raft, config.applied_queue).await?;

    let mut tasks = JoinSet::new();
    let (proposals, queue) = mpsc::channel(config.max_queued_proposals.max(1));
    let limits = EntryLimits { proposals: config.max_entry_proposals.max(1), bytes: config.max_entry_bytes };
    tasks.spawn(proposer::run(raft.clone(), queue, limits));
    let (announce, leadership) = watch::channel(Leadership::Follower { leader: None });
    tasks.spawn(leadership::run(raft.clone(), announce));
    let (snapshots, requests) = mpsc::channel(1);
    tasks.spawn(Snapshotter { raft: raft.clone(), readers: readers.clone(), store, due, requests }.run());

    let queued_bytes = Arc::new(Semaphore::new(config.max_queued_bytes.min(Semaphore::MAX_PERMITS)));
    let inner = Inner {
        config,
        raft,
        wal: Mutex::new(Some(wal)),
        wal_thread: Mutex::new(Some(thread)),
        readers,
        events,
        proposals,
        queued_bytes,
        leadership,
        snapshots,
        tasks: Mutex::new(tasks),
        dir_lock: Mutex::new(lock),
    };
    Ok((Consensus { inner: Arc::new(inner) }, batches))
}

/// Snapshots are our own business (`crate::snapshotter`). A restarted leader is elected anew, because a new term's
/// first commit is what proves that nothing committed before is missing here.
fn raft_settings(config: &ConsensusConfig) -> Result<openraft::Config, StartError> {
    let settings = openraft::Config {
        cluster_name: "muster".into(),
        heartbeat_interval: 250,
        election_timeout_min: 1000,
        election_timeout_max: 2000,
        snapshot_policy: openraft::SnapshotPolicy::Never,
        max_in_snapshot_log_to_keep: config.trailing_logs,
        enable_pre_vote: Some(true),
        enable_leader_restore: Some(false),
        ..openraft::Config::default()
    };
    settings.validate().map_err(|error| StartError::Config(error.to_string()))
}

fn recover(config: &ConsensusConfig, disks: Disks) -> Result<Recovered, StorageError> {
    let store = SnapshotStore::new(disks.snapshots, config.server_id, draw_salt);
    let mut loaded = store.load()?;
    let options = LogOptions {
        server: config.server_id,
        segment_bytes: config.segment_bytes,
        cache_bytes: config.log_cache_bytes,
        spare_ahead: config.data_dir.is_some(),
        salt: draw_salt,
    };
    let log = Log::open(disks.log, options)?;
    check_covered(&log, &mut loaded)?;
    store.remove_unfinished()?;
    store.set_aside(&loaded.damaged)?;
    Ok(Recovered { log, store: Arc::new(store), intact: loaded.intact, lock: disks.lock })
}

fn open_disks(data_dir: Option<&Path>) -> Result<Disks, StorageError> {
    let Some(dir) = data_dir else {
        return Ok(Disks {
            log: Arc::new(MemoryDisk::default()),
            snapshots: Arc::new(MemoryDisk::default()),
            lock: None,
        });
    };
    let open = |name: &str| {
        let dir = dir.join(name);
        RealDisk::open(&dir).map_err(StorageError::io("open directory", &dir.display().to_string()))
    };
    let (log, snapshots) = (open("log")?, open("snapshots")?);
    Ok(Disks { log: Arc::new(log), snapshots: Arc::new(snapshots), lock: Some(lock_dir(dir)?) })
}

fn lock_dir(dir: &Path) -> Result<File, StorageError> {
    let path = dir.join("lock");
    let named = path.display().to_string();
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(StorageError::io("open", &named))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StorageError::InUse(dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(StorageError::io("lock", &named)(error)),
    }
}

/// Entries the log no longer has must be in the snapshot. A complete log needs none.
fn check_covered(log: &Log, loaded: &mut Loaded) -> Result<(), StorageError> {
    let covered = loaded.intact.as_ref().map(|(meta, _)| meta.last.index);
    match log.purged().map(|purged| purged.index) {
        Some(purged) if covered < Some(purged) => {
            Err(loaded.fault.take().unwrap_or(StorageError::NotCovered { purged }))
        }
        _ => Ok(()),
    }
}

/// A number nobody who writes to the log can guess: the keys of the standard hasher are random.
fn draw_salt() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn state_machine(
    config: &ConsensusConfig,
    intact: Option<(SnapshotMeta, State)>,
    store: &Arc<SnapshotStore>,
    due: &Arc<Notify>,
    events: &EventLog,
) -> Result<(StateMachine, Readers), StorageError> {
    let (state, applied, members) = match intact {
        None => (State::new(), None, StoredMembership::default()),
        Some((meta, state)) => {
            let members =
                stored_membership(&meta).map_err(StorageError::io("read the members of", "the snapshot"))?;
            (state, Some(log_id(meta.last)), members)
        }
    };
    let first = Published { snapshot: state.snapshot(), applied, members: members.clone() };
    let (publisher, readers) = Publisher::new(first, events.clone());
    let due = SnapshotDue {
        entries: config.snapshot_threshold.max(1),
        bytes: config.snapshot_threshold_bytes.max(1),
        notify: Arc::clone(due),
    };
    let snapshots = Arc::clone(store);
    let keeps_events = config.event_buffer > 0;
    let machine =
        StateMachine { state, applied, members, publisher, keeps_events, snapshots, due, since: (0, 0) };
    Ok((machine, readers))
}

/// Begins a cluster on first start. The only voter elects itself and catches up; a member of a larger cluster waits
/// to hear from the others.
async fn take_part(raft: &Raft, server: ServerId) -> Result<(), StartError> {
    let failed = |error: String| StartError::Raft(error);
    if raft.is_initialized().await.map_err(|error| failed(error.to_string()))? {
        let membership = raft.metrics().borrow_watched().membership_config.clone();
        if membership.voter_ids().any(|voter| voter != server) {
            return Ok(());
        }
        raft.trigger().elect(false).await.map_err(|error| failed(error.to_string()))?;
    } else {
        let alone = BTreeMap::from([(server, Member::default())]);
        raft.initialize(alone).await.map_err(|error| failed(error.to_string()))?;
    }
    let caught_up = raft.wait(None).metrics(|now| now.state.is_leader(), "lead alone").await;
    caught_up.map_err(|error| failed(error.to_string()))?;
    let read = raft.ensure_linearizable(openraft::ReadPolicy::ReadIndex).await;
    read.map(drop).map_err(|error| failed(error.to_string()))
}

async fn subscribe(raft: &Raft, queue: usize) -> Result<mpsc::Receiver<AppliedBatch>, StartError> {
    let subscribed = raft.with_state_machine(move |machine| {
        let batches = machine.publisher.subscribe(queue);
        Box::pin(async move { batches })
    });
    subscribed.await.map_err(|error| StartError::Raft(io::Error::other(error).to_string()))
}
