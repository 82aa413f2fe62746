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
            changed: ChangeSet::default(),
            unsettled: BTreeSet::new(),
            freed: BTreeMap::new(),
        }
    }

    pub(crate) fn freed(&mut self, node: NodeId, class: &Text) {
        self.freed.entry(node).or_insert_with(|| class.clone());
    }

    pub(crate) fn finish(mut self) -> (Vec<Event>, Vec<WatchKey>) {
        let freed = std::mem::take(&mut self.freed).into_iter();
        self.events.extend(freed.map(|(node_id, class)| Event::CapacityFreed { node_id, class }));
        (self.events, self.changed.into_vec())
    }
}
