//! Banned nodes and revoked certificates.

use std::sync::Arc;

use muster_ids::{NodeId, UnixNanos};
use muster_model::Revocation;

use super::Snapshot;

impl Snapshot {
    /// By subject, also those that are no longer in force.
    pub fn revocations(&self) -> impl Iterator<Item = &Arc<Revocation>> {
        self.tables.revocations.rows.values()
    }

    /// Why the node is banned, if it is.
    #[must_use]
    pub fn node_ban(&self, node: NodeId, now: UnixNanos) -> Option<&Arc<Revocation>> {
        self.tables.node_ban(node, now)
    }
}
