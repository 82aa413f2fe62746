//! What nodes have left while a plan is made: the snapshot's columns, less plans in flight, less and plus what this
//! plan itself takes and stops.
//!
//! As in `apply`, an allocation holds its share until its node says that it ended: stopping one frees nothing yet.
//! Beside this real view stands a hopeful one, in which what this plan stops has ended; it tells whether stopping an
//! allocation would let its own replacement in later. In a third one, allocations of others are thought away to see
//! whether a placement could take their place.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use muster_ids::{AllocId, NodeId};
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
    taken: Load,
    /// Promised to replacements of what this plan stops; counts in the hopeful view only, like the next.
    promised: Load,
    stopped: Load,
    /// Thought away, to see who would fit then.
    thought_away: Load,
}

#[derive(Debug, Default)]
struct Load {
    resources: Resources,
    ports: SmallVec<[u16; 4]>,
}

/// Which of the two views to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    Real,
    Hopeful,
    /// Without what is thought away.
    Preempting,
}

impl<'a> Cluster<'a> {
    pub fn new(snapshot: &'a Snapshot, overlay: &'a Overlay) -> Self {
        Self { columns: snapshot.columns(), overlay, changes: HashMap::default() }
    }

    pub const fn columns(&self) -> &'a NodeColumns {
        self.columns
    }

    pub fn available(&self, slot: u32, node: &NodeSlot, view: View) -> Resources {
        let mut used = node.used();
        if let Some(taken) = self.overlay.of(node.node().id) {
            used = used.plus(taken.resources);
        }
        if let Some(change) = self.changes.get(&slot) {
            used = used.plus(change.taken.resources);
            match view {
                View::Real => {}
                View::Hopeful => {
                    used = used.plus(change.promised.resources).minus(change.stopped.resources);
                }
                View::Preempting => used = used.minus(change.thought_away.resources),
            }
        }
        node.allocatable().minus(used)
    }

    pub fn port_free(&self, slot: u32, node: &NodeSlot, port: u16, view: View) -> bool {
        if self.overlay.of(node.node().id).is_some_and(|taken| taken.ports.contains(&port)) {
            return false;
        }
        let Some(change) = self.changes.get(&slot) else { return node.port_free(port) };
        if change.taken.ports.contains(&port) {
            return false;
        }
        match view {
            View::Real => node.port_free(port),
            View::Preempting => {
                let free = node.port_free(port) || change.thought_away.ports.contains(&port);
                free && !node.node().reserved.ports.contains(&port)
            }
            View::Hopeful if change.promised.ports.contains(&port) => false,
            View::Hopeful => {
                let stopped = change.stopped.ports.contains(&port);
                node.port_free(port) || (stopped && !node.node().reserved.ports.contains(&port))
            }
        }
    }

    /// A placement of this plan.
    pub fn take(&mut self, slot: u32, resources: Resources, ports: &[AllocatedPort]) {
        self.changes.entry(slot).or_default().taken.add(resources, ports);
    }

    /// A placement that is to come when what this plan stops on the node has ended.
    pub fn promise(&mut self, slot: u32, resources: Resources, ports: &[AllocatedPort]) {
        self.changes.entry(slot).or_default().promised.add(resources, ports);
    }

    /// An allocation that this plan stops, still running on the node in this slot.
    pub fn stop(&mut self, slot: u32, alloc: &Alloc) {
        self.changes.entry(slot).or_default().stopped.add(alloc.resources(), &alloc.ports);
    }

    /// Takes back [`Cluster::stop`].
    pub fn unstop(&mut self, slot: u32, alloc: &Alloc) {
        if let Some(change) = self.changes.get_mut(&slot) {
            change.stopped.remove(alloc);
        }
    }

    /// Thinks an allocation on the node in this slot away, or back again.
    pub fn think_away(&mut self, slot: u32, alloc: &Alloc) {
        self.changes.entry(slot).or_default().thought_away.add(alloc.resources(), &alloc.ports);
    }

    pub fn think_back(&mut self, slot: u32, alloc: &Alloc) {
        if let Some(change) = self.changes.get_mut(&slot) {
            change.thought_away.remove(alloc);
        }
    }

    /// Whether a plan in flight evicts the allocation, which nobody can do twice.
    pub fn is_evicted(&self, node: NodeId, alloc: AllocId) -> bool {
        self.overlay.of(node).is_some_and(|taken| taken.evicted.contains(&alloc))
    }
}

impl Load {
    fn add(&mut self, resources: Resources, ports: &[AllocatedPort]) {
        self.resources = self.resources.plus(resources);
        self.ports.extend(ports.iter().map(|port| port.value));
    }

    fn remove(&mut self, alloc: &Alloc) {
        self.resources = self.resources.minus(alloc.resources());
        for port in &alloc.ports {
            if let Some(position) = self.ports.iter().position(|held| *held == port.value) {
                self.ports.swap_remove(position);
            }
        }
    }
}
