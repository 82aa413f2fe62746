//! What nodes have and what is taken of it: dense, by slot, for the scheduler. Kept up to date allocation by
//! allocation, never recomputed.

use std::sync::Arc;

use imbl::OrdMap;
use muster_ids::{Index, NodeId};
use muster_model::{Alloc, Node, Resources, Taken, Thing, class_number};

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
    /// The first two are in the node, too: whoever looks at thousands of nodes need not go there.
    id: NodeId,
    class: Option<u128>,
    node: Arc<Node>,
    allocatable: Resources,
    taken: Taken,
    accepts_work: bool,
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
            id: node.id,
            class: class_number(&node.computed_class),
            allocatable: node.allocatable(),
            taken: Taken::default(),
            accepts_work: node.accepts_work(),
            changed_index: Index::ZERO,
            allocs_index: Index::ZERO,
            secret_hash,
            content_hash,
            node,
        }
    }

    /// The node changed; what is taken of it did not.
    pub(crate) fn set_node(&mut self, node: Arc<Node>, content_hash: u64, index: Index) {
        self.class = class_number(&node.computed_class);
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
        self.taken.add(alloc.share());
    }

    pub(crate) fn give_back(&mut self, alloc: &Alloc) {
        self.taken.remove(alloc.share());
    }

    /// Forgets what allocations take, to count it anew.
    pub(crate) fn clear(&mut self) {
        self.taken = Taken::default();
    }

    /// An allocation that waits for others to end and they take this much only once; see [`crate::is_withheld`].
    pub(crate) fn share(&mut self, resources: Resources) {
        self.taken.resources = self.taken.resources.minus(resources);
    }

    pub(crate) fn touch(&mut self, index: Index) {
        self.changed_index = index;
    }

    pub(crate) fn row_hash(&self) -> u64 {
        mix(mix(self.content_hash, self.changed_index.0), self.allocs_index.0)
    }

    #[must_use]
    pub const fn id(&self) -> NodeId {
        self.id
    }

    /// The computed class; `None` when it tells nothing about others that have the same.
    #[must_use]
    pub const fn class(&self) -> Option<u128> {
        self.class
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
        self.taken.resources
    }

    /// The same, with what has a name.
    #[must_use]
    pub const fn taken(&self) -> &Taken {
        &self.taken
    }

    #[must_use]
    pub const fn available(&self) -> Resources {
        self.allocatable.minus(self.taken.resources)
    }

    /// Whether new work may be placed here.
    #[must_use]
    pub const fn accepts_work(&self) -> bool {
        self.accepts_work
    }

    /// Whether neither an allocation nor the operator's reservation holds the port of the node's own address.
    #[must_use]
    pub fn port_free(&self, port: u16) -> bool {
        self.taken.port_holders(port) == 0 && !self.node.reserves_port(None, port)
    }

    /// Whether the node has it to give, whoever holds it now.
    #[must_use]
    pub fn offers(&self, thing: &Thing) -> bool {
        let capacity = &self.node.capacity;
        match thing {
            Thing::Port { address, port } => {
                let known = address.as_deref().is_none_or(|ip| capacity.has_address(ip));
                known && !self.node.reserves_port(address.as_deref(), *port)
            }
            Thing::Core(id) => capacity.topology.iter().any(|core| core.id == *id && core.reservable),
            Thing::Instance(key) => capacity.devices.iter().any(|group| {
                let same = group.vendor == key.vendor && group.kind == key.kind && group.name == key.name;
                same && group.instances.iter().any(|one| one.id == key.id && one.healthy)
            }),
        }
    }

    /// Allocations whose resources count.
    #[must_use]
    pub const fn alloc_count(&self) -> u32 {
        self.taken.resources.allocs
    }

    /// Index of the last change to the node or to the set of allocations whose resources count.
    #[must_use]
    pub const fn changed_index(&self) -> Index {
        self.changed_index
    }
}
