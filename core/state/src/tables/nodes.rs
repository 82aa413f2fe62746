//! Nodes: rows live in the capacity columns.

use std::sync::Arc;

use muster_ids::NodeId;
use muster_model::Node;

use super::Tables;
use crate::change::Change;
use crate::columns::NodeSlot;
use crate::hash::{hash_bytes, hash_row, mix};
use crate::rows::RowKind;
use crate::watch::WatchKey;

/// The part of a node's row hash that changes only with the node.
pub(crate) fn content_hash(node: &Node, secret_hash: &[u8; 32]) -> u64 {
    mix(hash_row(RowKind::Node, node), hash_bytes(secret_hash))
}

impl Tables {
    pub(crate) fn node_slot(&self, id: NodeId) -> Option<(u32, &NodeSlot)> {
        let slot = self.nodes.slot_of(id)?;
        Some((slot, self.nodes.get(slot)?))
    }

    /// Changes a slot and with it its share of the hash.
    pub(crate) fn with_node(&mut self, slot: u32, change: impl FnOnce(&mut NodeSlot)) {
        let Some(row) = self.nodes.slots.get_mut(slot) else { return };
        let old = row.row_hash();
        change(row);
        let new = row.row_hash();
        self.rehash(old, new);
    }

    pub(crate) fn insert_node(&mut self, cx: &mut Change, node: &Arc<Node>, secret_hash: [u8; 32]) {
        let hash = content_hash(node, &secret_hash);
        let mut row = NodeSlot::new(Arc::clone(node), secret_hash, hash);
        row.set_indexes(cx.index, self.meta.allocs);
        self.load_node(row);
        if self.meta.allocs == cx.index {
            cx.changed.add(WatchKey::NodeAllocs(node.id));
        }
        self.touch_node(cx, node.id);
    }

    pub(crate) fn load_node(&mut self, row: NodeSlot) {
        let id = row.node().id;
        self.rehash(0, row.row_hash());
        let slot = self.nodes.slots.insert(row);
        self.nodes.ids.insert(id, slot);
    }

    /// Replaces the node in its slot. Reports freed capacity when it now takes work or offers more.
    pub(crate) fn replace_node(&mut self, cx: &mut Change, slot: u32, node: Arc<Node>) {
        let Some(old) = self.nodes.get(slot) else { return };
        let hash = content_hash(&node, &old.secret_hash);
        let (old_node, old_accepts) = (Arc::clone(old.node()), old.accepts_work());
        let id = node.id;
        if node.accepts_work() && (!old_accepts || offers_more(&old_node, &node)) {
            cx.freed(id, &node.computed_class);
        }
        self.with_node(slot, |row| row.set_node(node, hash, cx.index));
        self.touch_node(cx, id);
    }

    pub(crate) fn remove_node(&mut self, cx: &mut Change, slot: u32) {
        let Some(row) = self.nodes.slots.remove(slot) else { return };
        let id = row.node().id;
        self.nodes.ids.remove(&id);
        self.rehash(row.row_hash(), 0);
        self.touch_node(cx, id);
    }

    fn touch_node(&mut self, cx: &mut Change, id: NodeId) {
        self.meta.nodes = cx.index;
        cx.changed.add(WatchKey::Node(id));
        cx.changed.add(WatchKey::Nodes);
    }

    /// The allocations of a node changed; `occupancy` when what they take did.
    pub(crate) fn touch_node_allocs(&mut self, cx: &mut Change, slot: u32, occupancy: bool) {
        let Some(row) = self.nodes.get(slot) else { return };
        let (changed, allocs, id) = (row.changed_index(), row.allocs_index, row.node().id);
        if allocs != cx.index {
            cx.changed.add(WatchKey::NodeAllocs(id));
        } else if !occupancy || changed == cx.index {
            return;
        }
        self.with_node(slot, |row| {
            row.allocs_index = cx.index;
            if occupancy {
                row.touch(cx.index);
            }
        });
    }
}

/// Whether something that did not fit or was filtered out before may have a place now.
fn offers_more(old: &Node, new: &Node) -> bool {
    old.computed_class != new.computed_class
        || new.allocatable().exhausted_in(old.allocatable()).is_some()
        || old.reserved.ports != new.reserved.ports
        || old.capacity != new.capacity
}
