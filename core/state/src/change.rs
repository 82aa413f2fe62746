//! What one entry has done so far: handed through the commands, turned into [`crate::Applied`] at the end.

use std::collections::{BTreeMap, BTreeSet};

use muster_ids::{Index, NodeId, Text, UnixNanos};

use crate::command::Event;
use crate::watch::{ChangeSet, WatchKey};

#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) index: Index,
    pub(crate) now: UnixNanos,
    pub(crate) events: Vec<Event>,
    /// How many events there were when each command was through.
    ends: Vec<usize>,
    pub(crate) changed: ChangeSet,
    /// Slots of jobs whose counters changed: their status is settled once, when the command is through.
    pub(crate) unsettled: BTreeSet<u32>,
    /// Nodes where capacity came free, with their class: one event each, after everything else of the entry.
    freed: BTreeMap<NodeId, Text>,
}

impl Change {
    pub(crate) fn new(index: Index, now: UnixNanos) -> Self {
        Self {
            index,
            now,
            events: Vec::new(),
            ends: Vec::new(),
            changed: ChangeSet::default(),
            unsettled: BTreeSet::new(),
            freed: BTreeMap::new(),
        }
    }

    pub(crate) fn freed(&mut self, node: NodeId, class: &Text) {
        self.freed.entry(node).or_insert_with(|| class.clone());
    }

    /// Another command is through.
    pub(crate) fn end_command(&mut self) {
        self.ends.push(self.events.len());
    }

    pub(crate) fn finish(mut self) -> (Vec<Event>, Vec<usize>, Vec<WatchKey>) {
        let freed = std::mem::take(&mut self.freed).into_iter();
        self.events.extend(freed.map(|(node_id, class)| Event::CapacityFreed { node_id, class }));
        (self.events, self.ends, self.changed.into_vec())
    }
}
