//! Which node is reachable over which connection.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use muster_ids::NodeId;
use muster_rpc::Session;

/// The newest session of each connected node.
#[derive(Debug, Default)]
pub(crate) struct Sessions(RwLock<HashMap<NodeId, (u64, Session)>>);

impl Sessions {
    pub(crate) fn get(&self, node: NodeId) -> Option<Session> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&node).map(|(_, session)| session.clone())
    }

    /// `connection` tells two sessions of one node apart.
    pub(crate) fn insert(&self, node: NodeId, connection: u64, session: Session) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(node, (connection, session));
    }

    /// Forgets a closed connection, unless the node has a newer one.
    pub(crate) fn remove(&self, node: NodeId, connection: u64) {
        let mut sessions = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if sessions.get(&node).is_some_and(|(current, _)| *current == connection) {
            sessions.remove(&node);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }
}
