//! What nodes have and what is taken of it: dense, by slot, for the scheduler.

use std::sync::Arc;

use muster_ids::{Index, NodeId};
use muster_model::{Node, Resources};

#[derive(Clone, Debug, Default)]
pub struct NodeColumns;

/// One node's capacity.
#[derive(Clone, Debug)]
pub struct NodeSlot {
    node: Arc<Node>,
    allocatable: Resources,
    used: Resources,
    ports: Arc<[u16]>,
    accepts_work: bool,
    alloc_count: u32,
    changed_index: Index,
}

impl NodeColumns {
    /// Number of slots, freed ones included: valid slots are `0..len`.
    #[must_use]
    pub fn len(&self) -> u32 {
        0
    }
    #[must_use]
    pub fn is_empty(&self) -> bool {
        true
    }
    /// The node in a slot; `None` when the slot is free or does not exist.
    #[must_use]
    pub fn get(&self, _slot: u32) -> Option<&NodeSlot> {
        None
    }
    #[must_use]
    pub fn slot_of(&self, _id: NodeId) -> Option<u32> {
        None
    }
    /// Every node with its slot, by slot.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &NodeSlot)> {
        std::iter::empty()
    }
}

impl NodeSlot {
    #[must_use]
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }
    #[must_use]
    pub fn allocatable(&self) -> Resources {
        self.allocatable
    }
    /// Taken by allocations whose node has not reported their end.
    #[must_use]
    pub fn used(&self) -> Resources {
        self.used
    }
    #[must_use]
    pub fn available(&self) -> Resources {
        self.allocatable.minus(self.used)
    }
    #[must_use]
    pub fn accepts_work(&self) -> bool {
        self.accepts_work
    }
    /// Ports taken by allocations, ascending. What the operator reserved is not in it; see [`Self::port_free`].
    #[must_use]
    pub fn used_ports(&self) -> &[u16] {
        &self.ports
    }
    /// Whether neither an allocation nor the operator's reservation holds the port.
    #[must_use]
    pub fn port_free(&self, port: u16) -> bool {
        self.ports.binary_search(&port).is_err() && !self.node.reserved.ports.contains(&port)
    }
    /// Allocations whose resources count.
    #[must_use]
    pub fn alloc_count(&self) -> u32 {
        self.alloc_count
    }
    /// Index of the last change to the node or to the set of allocations whose resources count.
    #[must_use]
    pub fn changed_index(&self) -> Index {
        self.changed_index
    }
}
