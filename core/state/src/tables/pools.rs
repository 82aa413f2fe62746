//! Node pools: `default` and `all` always exist, others appear with the first node that names them.

use imbl::OrdMap;
use muster_ids::{Index, NodePool};
use serde::{Deserialize, Serialize};

use super::Tables;
use crate::change::Change;
use crate::command::Event;
use crate::hash::hash_row;
use crate::rows::RowKind;
use crate::watch::WatchKey;

#[derive(Clone, Debug)]
pub(crate) struct PoolTable {
    pub(crate) rows: OrdMap<NodePool, Index>,
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
        Self { rows: built_in.into_iter().map(|name| (name, Index::ZERO)).collect() }
    }
}

impl Tables {
    /// Makes the pool unless it exists.
    pub(crate) fn ensure_pool(&mut self, cx: &mut Change, name: &NodePool) {
        if self.pools.rows.contains_key(name) {
            return;
        }
        self.load_pool(&PoolRecord { name: name.clone(), create_index: cx.index });
        self.meta.node_pools = cx.index;
        cx.events.push(Event::NodePoolUpserted(name.clone()));
        cx.changed.add(WatchKey::NodePool(name.clone()));
        cx.changed.add(WatchKey::NodePools);
    }

    pub(crate) fn load_pool(&mut self, record: &PoolRecord) {
        self.pools.rows.insert(record.name.clone(), record.create_index);
        self.rehash(0, hash_row(RowKind::NodePool, record));
    }
}
