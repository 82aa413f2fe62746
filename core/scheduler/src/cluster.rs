//! What nodes have left while a plan is made: the snapshot's columns, less plans in flight, less and plus what this
//! plan itself takes and stops.
//!
//! A stop of this plan counts as free for this plan's own placements, so that a job can replace an allocation on a
//! full node.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use muster_model::{Alloc, AllocatedPort, Resources};
use muster_state::{NodeColumns, NodeSlot, Snapshot};
use smallvec::SmallVec;

use crate::Overlay;

#[derive(Debug)]
pub struct Cluster<'a> {
    columns: &'a NodeColumns,
    overlay: &'a Overlay,
    /// For look-up only; never iterated.
    changes: HashMap<u32, Change, FixedState>,
}

#[derive(Debug, Default)]
struct Change {
    taken: Resources,
    freed: Resources,
    taken_ports: SmallVec<[u16; 4]>,
    freed_ports: SmallVec<[u16; 4]>,
}

impl<'a> Cluster<'a> {
    pub fn new(snapshot: &'a Snapshot, overlay: &'a Overlay) -> Self {
        Self { columns: snapshot.columns(), overlay, changes: HashMap::default() }
    }

    pub const fn columns(&self) -> &'a NodeColumns {
        self.columns
    }

    pub fn available(&self, slot: u32, node: &NodeSlot) -> Resources {
        let mut used = node.used();
        let mut allocatable = node.allocatable();
        if let Some(taken) = self.overlay.of(node.node().id) {
            used = used.plus(taken.resources);
        }
        if let Some(change) = self.changes.get(&slot) {
            used = used.plus(change.taken);
            // Not subtracted from `used`: several stops must not hide what others hold beyond the capacity.
            allocatable = allocatable.plus(change.freed);
        }
        allocatable.minus(used)
    }

    pub fn port_free(&self, slot: u32, node: &NodeSlot, port: u16) -> bool {
        if self.overlay.of(node.node().id).is_some_and(|taken| taken.ports.contains(&port)) {
            return false;
        }
        match self.changes.get(&slot) {
            None => node.port_free(port),
            Some(change) if change.taken_ports.contains(&port) => false,
            Some(change) => {
                node.port_free(port)
                    || (change.freed_ports.contains(&port) && !node.node().reserved.ports.contains(&port))
            }
        }
    }

    pub fn take(&mut self, slot: u32, resources: Resources, ports: &[AllocatedPort]) {
        let change = self.changes.entry(slot).or_default();
        change.taken = change.taken.plus(resources);
        change.taken_ports.extend(ports.iter().map(|port| port.value));
    }

    /// Counts an allocation that this plan stops as gone. Nothing happens when its node already said so.
    pub fn free(&mut self, alloc: &Alloc) {
        if alloc.client_terminal() {
            return;
        }
        let Some(slot) = self.columns.slot_of(alloc.node_id) else { return };
        let change = self.changes.entry(slot).or_default();
        change.freed = change.freed.plus(alloc.resources());
        change.freed_ports.extend(alloc.ports.iter().map(|port| port.value));
    }

    /// Takes back [`Cluster::free`].
    pub fn unfree(&mut self, alloc: &Alloc) {
        if alloc.client_terminal() {
            return;
        }
        let Some(slot) = self.columns.slot_of(alloc.node_id) else { return };
        let Some(change) = self.changes.get_mut(&slot) else { return };
        change.freed = change.freed.minus(alloc.resources());
        for port in &alloc.ports {
            if let Some(position) = change.freed_ports.iter().position(|freed| *freed == port.value) {
                change.freed_ports.swap_remove(position);
            }
        }
    }
}
