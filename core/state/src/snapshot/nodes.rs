//! Nodes, node pools and the capacity columns.

use std::sync::Arc;

use muster_ids::{Index, NodeId, NodePool};
use muster_model::Node;

use super::Snapshot;
use crate::columns::{NodeColumns, NodeSlot};
use crate::prefix::IdPrefix;

impl Snapshot {
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Arc<Node>> {
        self.tables.node_slot(id).map(|(_, row)| row.node())
    }

    /// By id.
    pub fn nodes(&self) -> impl Iterator<Item = &Arc<Node>> {
        self.tables.nodes.ids.values().filter_map(|slot| self.tables.nodes.get(*slot)).map(NodeSlot::node)
    }

    /// By id.
    pub fn nodes_with_prefix<'a>(
        &'a self,
        prefix: &IdPrefix,
    ) -> impl Iterator<Item = &'a Arc<Node>> + use<'a> {
        let (low, high) = prefix.bounds();
        let slots = self.tables.nodes.ids.range(NodeId::from_bytes(low)..=NodeId::from_bytes(high));
        slots.filter_map(|(_, slot)| self.tables.nodes.get(*slot)).map(NodeSlot::node)
    }

    /// SHA-256 of the secret the node registered with.
    #[must_use]
    pub fn node_secret_hash(&self, id: NodeId) -> Option<[u8; 32]> {
        self.tables.node_slot(id).map(|(_, row)| row.secret_hash)
    }

    /// By name; `all` and `default` are always among them.
    pub fn node_pools(&self) -> impl Iterator<Item = &NodePool> {
        self.tables.pools.rows.keys()
    }

    /// When the pool appeared; zero for the built-in ones, `None` for one that does not exist.
    #[must_use]
    pub fn node_pool_created(&self, pool: &NodePool) -> Option<Index> {
        self.tables.pools.rows.get(pool).copied()
    }

    #[must_use]
    pub fn columns(&self) -> &NodeColumns {
        &self.tables.nodes
    }
}
