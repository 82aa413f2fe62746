//! Which node is reachable over which connection, and how much of it questions may take.

mod fetches;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use muster_ids::NodeId;
use muster_rpc::Session;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use fetches::Fetches;

/// Files, logs and the like that are read from one node at once. Well below the streams of a connection, so that
/// readers never keep calls from the node.
const STREAMS_PER_NODE: usize = 64;
/// The same over all nodes: each stream may hold its window's worth of bytes on this server.
const STREAMS: usize = 2048;
/// Disks that are read from one node at once, and over all nodes. They take long, and nobody who reads logs waits for
/// them.
const DISKS_PER_NODE: usize = 8;
const DISKS: usize = 512;

/// The newest session of each connected node.
#[derive(Debug)]
pub(crate) struct Sessions {
    nodes: RwLock<HashMap<NodeId, Connected>>,
    streams: Arc<Semaphore>,
    disks: Arc<Semaphore>,
    /// Successors that a disk is on its way to.
    pub(crate) fetches: Fetches,
}

#[derive(Debug)]
struct Connected {
    /// Tells two sessions of one node apart.
    connection: u64,
    session: Session,
    streams: Arc<Semaphore>,
    disks: Arc<Semaphore>,
}

/// The right to one long answer of a node, for as long as it is held.
#[derive(Debug)]
pub(crate) struct StreamSlot {
    _of_node: OwnedSemaphorePermit,
    _of_server: OwnedSemaphorePermit,
}

impl StreamSlot {
    fn take(of_node: &Arc<Semaphore>, of_server: &Arc<Semaphore>) -> Option<Self> {
        let take = |slots: &Arc<Semaphore>| Arc::clone(slots).try_acquire_owned().ok();
        let (of_node, of_server) = take(of_node).zip(take(of_server))?;
        Some(Self { _of_node: of_node, _of_server: of_server })
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            nodes: RwLock::default(),
            streams: Arc::new(Semaphore::new(STREAMS)),
            disks: Arc::new(Semaphore::new(DISKS)),
            fetches: Fetches::default(),
        }
    }
}

impl Sessions {
    pub(crate) fn get(&self, node: NodeId) -> Option<Session> {
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        nodes.get(&node).map(|connected| connected.session.clone())
    }

    /// The session of a node for a long answer, and the right to it; without that when too many are under way.
    pub(crate) fn for_stream(&self, node: NodeId) -> Option<(Session, Option<StreamSlot>)> {
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        let connected = nodes.get(&node)?;
        Some((connected.session.clone(), StreamSlot::take(&connected.streams, &self.streams)))
    }

    /// The same for the disk of an allocation that ended there.
    pub(crate) fn for_disk(&self, node: NodeId) -> Option<(Session, Option<StreamSlot>)> {
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        let connected = nodes.get(&node)?;
        Some((connected.session.clone(), StreamSlot::take(&connected.disks, &self.disks)))
    }

    pub(crate) fn insert(&self, node: NodeId, connection: u64, session: Session) {
        let streams = Arc::new(Semaphore::new(STREAMS_PER_NODE));
        let disks = Arc::new(Semaphore::new(DISKS_PER_NODE));
        let connected = Connected { connection, session, streams, disks };
        self.nodes.write().unwrap_or_else(PoisonError::into_inner).insert(node, connected);
    }

    /// Forgets a closed connection, unless the node has a newer one.
    pub(crate) fn remove(&self, node: NodeId, connection: u64) {
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        if nodes.get(&node).is_some_and(|current| current.connection == connection) {
            nodes.remove(&node);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.read().unwrap_or_else(PoisonError::into_inner).len()
    }
}
