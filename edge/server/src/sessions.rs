//! Which node is reachable over which connection, and how much of it questions may take.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use muster_ids::NodeId;
use muster_rpc::Session;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Files, logs and the like that are read from one node at once. Well below the streams of a connection, so that
/// readers never keep calls from the node.
const STREAMS_PER_NODE: usize = 64;
/// The same over all nodes: each stream may hold its window's worth of bytes on this server.
const STREAMS: usize = 2048;

/// The newest session of each connected node.
#[derive(Debug)]
pub(crate) struct Sessions {
    nodes: RwLock<HashMap<NodeId, Connected>>,
    streams: Arc<Semaphore>,
}

#[derive(Debug)]
struct Connected {
    /// Tells two sessions of one node apart.
    connection: u64,
    session: Session,
    streams: Arc<Semaphore>,
}

/// The right to one long answer of a node, for as long as it is held.
#[derive(Debug)]
pub(crate) struct StreamSlot {
    _of_node: OwnedSemaphorePermit,
    _of_server: OwnedSemaphorePermit,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { nodes: RwLock::default(), streams: Arc::new(Semaphore::new(STREAMS)) }
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
        let take = |streams: &Arc<Semaphore>| Arc::clone(streams).try_acquire_owned().ok();
        let slot = take(&connected.streams)
            .zip(take(&self.streams))
            .map(|(of_node, of_server)| StreamSlot { _of_node: of_node, _of_server: of_server });
        Some((connected.session.clone(), slot))
    }

    pub(crate) fn insert(&self, node: NodeId, connection: u64, session: Session) {
        let streams = Arc::new(Semaphore::new(STREAMS_PER_NODE));
        let connected = Connected { connection, session, streams };
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
