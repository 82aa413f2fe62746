//! Node pools: `default` and `all` always exist, others appear with the first node that names them, or when an operator
//! makes them; only of those made by operators more than the name is known.

use std::sync::Arc;

use imbl::OrdMap;
use muster_ids::{Index, NodePool};
use muster_model::NodePoolDetails;
use serde::{Deserialize, Serialize};

use super::Tables;
use crate::change::Change;
use crate::command::Event;
use crate::hash::hash_row;
use crate::rows::RowKind;
use crate::watch::WatchKey;

#[derive(Clone, Debug)]
pub(crate) struct PoolTable {
    /// When each appeared.
    pub(crate) rows: OrdMap<NodePool, Index>,
    /// Never of a pool that is not among the rows.
    pub(crate) details: OrdMap<NodePool, Arc<NodePoolDetails>>,
}

impl PoolTable {
    /// When the pool last changed.
    pub(crate) fn changed(&self, name: &NodePool) -> Option<Index> {
        let created = self.rows.get(name).copied()?;
        Some(self.details.get(name).map_or(created, |details| details.modify_index))
    }
}

/// A pool as it is stored; the built-in ones are not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PoolRecord {
    pub(crate) name: NodePool,
    pub(crate) create_index: Index,
}

impl Default for PoolTable {
    fn default() -> Self {
        let built_in = [NodePool::default_pool(), NodePool::all()];
        let rows = built_in.into_iter().map(|name| (name, Index::ZERO)).collect();
        Self { rows, details: OrdMap::new() }
    }
}

pub(crate) fn details_hash(details: &NodePoolDetails) -> u64 {
    hash_row(RowKind::NodePoolDetails, details)
}

impl Tables {
    /// Makes the pool unless it exists.
    pub(crate) fn ensure_pool(&mut self, cx: &mut Change, name: &NodePool) {
        if self.pools.rows.contains_key(name) {
            return;
        }
        self.load_pool(&PoolRecord { name: name.clone(), create_index: cx.index });
        self.touch_pool(cx, name);
        let (create_index, modify_index) = (cx.index, cx.index);
        let details = NodePoolDetails { create_index, modify_index, ..NodePoolDetails::bare(name.clone()) };
        cx.events.push(Event::NodePoolUpserted(Arc::new(details)));
    }

    /// Makes the pool, or replaces what is known of it.
    pub(crate) fn put_pool(&mut self, cx: &mut Change, mut details: NodePoolDetails) {
        let name = details.name.clone();
        details.modify_index = cx.index;
        let known = self.pools.rows.get(&name).copied();
        details.create_index = known.unwrap_or(cx.index);
        if known.is_none() {
            self.load_pool(&PoolRecord { name: name.clone(), create_index: cx.index });
        }
        let details = Arc::new(details);
        self.load_pool_details(Arc::clone(&details));
        self.touch_pool(cx, &name);
        cx.events.push(Event::NodePoolUpserted(details));
    }

    pub(crate) fn remove_pool(&mut self, cx: &mut Change, name: &NodePool) {
        let Some(create_index) = self.pools.rows.remove(name) else { return };
        self.rehash(hash_row(RowKind::NodePool, &PoolRecord { name: name.clone(), create_index }), 0);
        let details = self.pools.details.remove(name);
        self.rehash(details.as_ref().map_or(0, |details| details_hash(details)), 0);
        self.touch_pool(cx, name);
        let details = details.unwrap_or_else(|| Arc::new(NodePoolDetails::bare(name.clone())));
        cx.events.push(Event::NodePoolDeleted(details));
    }

    fn touch_pool(&mut self, cx: &mut Change, name: &NodePool) {
        self.meta.node_pools = cx.index;
        cx.changed.add(WatchKey::NodePool(name.clone()));
        cx.changed.add(WatchKey::NodePools);
    }

    pub(crate) fn load_pool(&mut self, record: &PoolRecord) {
        self.pools.rows.insert(record.name.clone(), record.create_index);
        self.rehash(0, hash_row(RowKind::NodePool, record));
    }

    pub(crate) fn load_pool_details(&mut self, details: Arc<NodePoolDetails>) {
        let new = details_hash(&details);
        let old = self.pools.details.insert(details.name.clone(), details);
        self.rehash(old.map_or(0, |old| details_hash(&old)), new);
    }
}
