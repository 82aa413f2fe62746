//! What nodes have and what is taken of it: dense, by slot, for the scheduler. Kept up to date allocation by
//! allocation, never recomputed.

use std::sync::Arc;

use imbl::OrdMap;
use muster_ids::{Index, NodeId};
use muster_model::{Alloc, AllocatedPort, Node, Resources};
use smallvec::SmallVec;

use crate::hash::mix;
use crate::slab::Slab;

/// Every node's capacity by slot, and slots by id. Slots are private to one replica and reused.
#[derive(Clone, Debug, Default)]
pub struct NodeColumns {
    pub(crate) slots: Slab<NodeSlot>,
    pub(crate) ids: OrdMap<NodeId, u32>,
}

/// One node's capacity.
#[derive(Clone, Debug)]
pub struct NodeSlot {
    node: Arc<Node>,
    allocatable: Resources,
    used: Resources,
    /// Ascending.
    ports: SmallVec<[u16; 8]>,
    accepts_work: bool,
    alloc_count: u32,
    changed_index: Index,
    pub(crate) allocs_index: Index,
    pub(crate) secret_hash: [u8; 32],
    /// Hash of the node's row without the two indexes above.
    pub(crate) content_hash: u64,
}

impl NodeColumns {
    /// Number of slots, freed ones included: valid slots are `0..len`.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.slots.len()
    }

    /// Whether there is no node at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The node in a slot; `None` when the slot is free or does not exist.
    #[must_use]
    pub fn get(&self, slot: u32) -> Option<&NodeSlot> {
        self.slots.get(slot)
    }

    #[must_use]
    pub fn slot_of(&self, id: NodeId) -> Option<u32> {
        self.ids.get(&id).copied()
    }

    /// Every node with its slot, by slot.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &NodeSlot)> {
        self.slots.iter()
    }
}

impl NodeSlot {
    pub(crate) fn new(node: Arc<Node>, secret_hash: [u8; 32], content_hash: u64) -> Self {
        Self {
            allocatable: node.allocatable(),
            used: Resources::default(),
            ports: SmallVec::new(),
            accepts_work: node.accepts_work(),
            alloc_count: 0,
            changed_index: Index::ZERO,
            allocs_index: Index::ZERO,
            secret_hash,
            content_hash,
            node,
        }
    }

    /// The node changed; what is taken of it did not.
    pub(crate) fn set_node(&mut self, node: Arc<Node>, content_hash: u64, index: Index) {
        self.allocatable = node.allocatable();
        self.accepts_work = node.accepts_work();
        self.node = node;
        self.content_hash = content_hash;
        self.changed_index = index;
    }

    pub(crate) fn set_indexes(&mut self, changed: Index, allocs: Index) {
        self.changed_index = changed;
        self.allocs_index = allocs;
    }

    pub(crate) fn take(&mut self, alloc: &Alloc) {
        self.used = self.used.plus(alloc.resources());
        self.alloc_count = self.alloc_count.saturating_add(1);
        for port in taken_ports(&alloc.ports) {
            if let Err(place) = self.ports.binary_search(&port) {
                self.ports.insert(place, port);
            }
        }
    }

    pub(crate) fn give_back(&mut self, alloc: &Alloc) {
        self.used = self.used.minus(alloc.resources());
        self.alloc_count = self.alloc_count.saturating_sub(1);
        for port in taken_ports(&alloc.ports) {
            if let Ok(place) = self.ports.binary_search(&port) {
                self.ports.remove(place);
            }
        }
    }

    /// Forgets what allocations take, to count it anew.
    pub(crate) fn clear(&mut self) {
        self.used = Resources::default();
        self.ports.clear();
        self.alloc_count = 0;
    }

    /// An allocation that waits for others to end and they take this much only once; see [`crate::is_withheld`].
    pub(crate) fn share(&mut self, resources: Resources) {
        self.used = self.used.minus(resources);
    }

    pub(crate) fn touch(&mut self, index: Index) {
        self.changed_index = index;
    }

    pub(crate) fn row_hash(&self) -> u64 {
        mix(mix(self.content_hash, self.changed_index.0), self.allocs_index.0)
    }

    #[must_use]
    pub const fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// Capacity less what the operator reserved.
    #[must_use]
    pub const fn allocatable(&self) -> Resources {
        self.allocatable
    }

    /// Taken by allocations whose resources count; see [`crate::holds_resources`].
    #[must_use]
    pub const fn used(&self) -> Resources {
        self.used
    }

    #[must_use]
    pub const fn available(&self) -> Resources {
        self.allocatable.minus(self.used)
    }

    /// Whether new work may be placed here.
    #[must_use]
    pub const fn accepts_work(&self) -> bool {
        self.accepts_work
    }

    /// Ports taken by allocations, ascending. What the operator reserved is not among them: ask [`Self::port_free`].
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
    pub const fn alloc_count(&self) -> u32 {
        self.alloc_count
    }

    /// Index of the last change to the node or to the set of allocations whose resources count.
    #[must_use]
    pub const fn changed_index(&self) -> Index {
        self.changed_index
    }
}

/// Port 0 stands for "none given".
pub(crate) fn taken_ports(ports: &[AllocatedPort]) -> impl Iterator<Item = u16> {
    ports.iter().map(|port| port.value).filter(|port| *port != 0)
}
