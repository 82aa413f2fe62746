//! Empties draining nodes: says which allocations leave next, and when a drain is over.
//!
//! ```text
//!   service allocations   in batches, as the group's `migrate` block allows over all draining nodes together
//!   batch allocations     run on until they end
//!   system allocations    when nothing else is left, or never if the drain ignores them
//!   the deadline          everything left, at once
//!   nothing left          the drain is over
//! ```
//!
//! A group lets go of one allocation only while enough others are up: its count less `max_parallel`. A replacement
//! counts as up when it has run for `min_healthy_time`, or when it is not waited for any longer because it did not in
//! `healthy_deadline`.
//!
//! It looks only at what changed: nodes and jobs are marked by events and by deadlines, and stay marked until a look at
//! a state that shows the event finds nothing to do. What it asks for and did not reach the log is thus asked for again.

mod group;

use std::collections::{BTreeMap, BTreeSet};

use muster_ids::{AllocId, Index, NodeId, UnixNanos};
use muster_model::{Alloc, JobKey, JobType, Node};
use muster_state::command::{AllocMigrate, Command, Event, IdSeed, NodeDrainFinish};
use muster_state::{Snapshot, keeps_draining};

use crate::leader::Draw;

/// Allocations in one command.
const BATCH: usize = 2048;

/// What to look at again, and the oldest state worth looking at for it.
type Marks<K> = BTreeMap<K, Index>;

#[derive(Debug, Default)]
pub struct Drainer {
    /// Every draining node.
    nodes: BTreeSet<NodeId>,
    /// Jobs with service allocations on them.
    jobs: BTreeSet<JobKey>,
    marked_nodes: Marks<NodeId>,
    marked_jobs: Marks<JobKey>,
    due_nodes: BTreeMap<NodeId, UnixNanos>,
    due_jobs: BTreeMap<JobKey, UnixNanos>,
}

/// What one look finds to be done.
#[derive(Debug, Default)]
struct Found {
    leave: BTreeSet<AllocId>,
    over: Vec<NodeId>,
}

impl Drainer {
    /// This server does not lead (any more).
    pub fn flush(&mut self) {
        *self = Self::default();
    }

    /// Takes in every drain under way.
    pub fn refill(&mut self, snapshot: &Snapshot) {
        self.flush();
        for node in snapshot.nodes() {
            self.take_node(node, snapshot.index());
        }
    }

    /// Marks what the event concerns.
    pub fn take_event(&mut self, event: &Event, index: Index) {
        match event {
            Event::NodeRegistered(node) | Event::NodeUpdated(node) => self.take_node(node, index),
            Event::Collected { nodes, .. } => nodes.iter().for_each(|node| self.forget(*node)),
            Event::AllocUpdated(alloc) if !self.nodes.is_empty() => {
                if self.nodes.contains(&alloc.node_id) {
                    self.marked_nodes.insert(alloc.node_id, index);
                }
                self.take_job(alloc.job.key(), index);
            }
            Event::JobRegistered(job) if !self.nodes.is_empty() => self.take_job(job.key(), index),
            Event::JobDeregistered { job, .. } if !self.nodes.is_empty() => self.take_job(job.key(), index),
            _ => {}
        }
    }

    fn take_node(&mut self, node: &Node, index: Index) {
        if node.drain.is_some() {
            self.nodes.insert(node.id);
            self.marked_nodes.insert(node.id, index);
        } else {
            self.forget(node.id);
        }
    }

    fn take_job(&mut self, key: JobKey, index: Index) {
        if self.jobs.contains(&key) {
            self.marked_jobs.insert(key, index);
        }
    }

    /// The node does not drain (any more).
    fn forget(&mut self, node: NodeId) {
        self.nodes.remove(&node);
        self.marked_nodes.remove(&node);
        self.due_nodes.remove(&node);
        if self.nodes.is_empty() {
            self.flush();
        }
    }

    /// How many nodes are being emptied.
    #[must_use]
    pub fn draining(&self) -> usize {
        self.nodes.len()
    }

    /// When something has to be looked at although nothing happens.
    #[must_use]
    pub fn next_deadline(&self) -> Option<UnixNanos> {
        self.due_nodes.values().chain(self.due_jobs.values()).min().copied()
    }

    /// Who leaves now, and which drains are over.
    pub fn decide(&mut self, snapshot: &Snapshot, now: UnixNanos, draw: &mut Draw<'_>) -> Vec<Command> {
        if self.nodes.is_empty() {
            return Vec::new();
        }
        mark_due(&mut self.due_nodes, &mut self.marked_nodes, now);
        mark_due(&mut self.due_jobs, &mut self.marked_jobs, now);
        let mut found = Found::default();
        for (id, from) in std::mem::take(&mut self.marked_nodes) {
            let busy = self.look_at_node(id, snapshot, now, &mut found);
            if busy || from > snapshot.index() {
                self.marked_nodes.insert(id, from);
            }
        }
        for (key, from) in std::mem::take(&mut self.marked_jobs) {
            let look = group::look(&key, snapshot, now);
            match look.next.filter(|_| look.leave.is_empty()) {
                Some(next) => drop(self.due_jobs.insert(key.clone(), next)),
                None => drop(self.due_jobs.remove(&key)),
            }
            // What is proposed may not reach the log, and what the state does not show yet may not be over.
            if look.done && look.leave.is_empty() && from <= snapshot.index() {
                self.jobs.remove(&key);
            }
            if !look.leave.is_empty() || from > snapshot.index() {
                self.marked_jobs.insert(key, from);
            }
            found.leave.extend(look.leave);
        }
        found.into_commands(draw)
    }

    /// Whether there was something to do.
    fn look_at_node(&mut self, id: NodeId, snapshot: &Snapshot, now: UnixNanos, found: &mut Found) -> bool {
        self.due_nodes.remove(&id);
        let Some(node) = snapshot.node(id) else { return false };
        let Some(strategy) = &node.drain else { return false };
        if let Some(deadline) = strategy.deadline(now) {
            self.due_nodes.insert(id, deadline);
        }
        let forces = strategy.forces(now);
        let waited_for = |alloc: &&std::sync::Arc<Alloc>| keeps_draining(alloc, node, strategy);
        let left = || snapshot.allocs_by_node(id).filter(waited_for);
        let only_system = left().all(|alloc| alloc.job.kind == JobType::System);
        let (mut any, mut leaves) = (false, false);
        for alloc in left() {
            any = true;
            if alloc.terminal() || alloc.transition.migrate {
                continue;
            }
            match alloc.job.kind {
                _ if forces => leaves |= found.leave.insert(alloc.id),
                JobType::System if only_system => leaves |= found.leave.insert(alloc.id),
                JobType::Service => self.watch(alloc.job.key()),
                JobType::System | JobType::Batch | JobType::Sysbatch => {}
            }
        }
        if !any {
            found.over.push(id);
        }
        leaves || !any
    }

    fn watch(&mut self, key: JobKey) {
        self.marked_jobs.entry(key.clone()).or_default();
        self.jobs.insert(key);
    }
}

fn mark_due<K: Ord + Clone>(due: &mut BTreeMap<K, UnixNanos>, marks: &mut Marks<K>, now: UnixNanos) {
    due.retain(|key, at| {
        let waits = *at > now;
        if !waits {
            marks.entry(key.clone()).or_default();
        }
        waits
    });
}

impl Found {
    fn into_commands(self, draw: &mut Draw<'_>) -> Vec<Command> {
        let leave: Vec<AllocId> = self.leave.into_iter().collect();
        let mut commands: Vec<Command> = leave
            .chunks(BATCH)
            .map(|allocs| AllocMigrate { allocs: allocs.to_vec(), seed: IdSeed(draw()) })
            .map(Command::AllocMigrate)
            .collect();
        if !self.over.is_empty() {
            commands.push(Command::NodeDrainFinish(NodeDrainFinish { nodes: self.over }));
        }
        commands
    }
}
