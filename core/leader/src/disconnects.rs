//! Silent nodes that run what is waited for: whether one is disconnected rather than down, and until when.
//!
//! ```text
//!   silent --runs something with `lost_after`--> disconnected --its time is over--> down
//!      '---------------- otherwise ----------------------------------------------> down
//! ```

use std::collections::BTreeMap;

use muster_ids::{Index, NodeId, UnixNanos};
use muster_model::{Alloc, ClientStatus, Node, NodeStatus};
use muster_state::Snapshot;
use muster_state::command::{Command, Event, IdSeed, NodeGiveUp};

use crate::leader::Draw;

/// Every disconnected node, and when it is looked at next.
#[derive(Debug, Default)]
pub struct Disconnects {
    nodes: BTreeMap<NodeId, Look>,
}

#[derive(Clone, Copy, Debug)]
struct Look {
    /// The oldest state worth looking at.
    from: Index,
    at: UnixNanos,
}

/// What a node that fell silent is from now on.
#[must_use]
pub fn silent_status(snapshot: &Snapshot, node: NodeId, now: UnixNanos) -> NodeStatus {
    let waited_for = snapshot.allocs_by_node(node).any(|alloc| waits_until(alloc, now) > Some(now));
    if waited_for { NodeStatus::Disconnected } else { NodeStatus::Down }
}

/// Until when an allocation is waited for whose node is silent since `silent_since`.
fn waits_until(alloc: &Alloc, silent_since: UnixNanos) -> Option<UnixNanos> {
    let lost_after = alloc.disconnect().map(|block| block.lost_after).filter(|after| !after.is_zero())?;
    let since = match alloc.client {
        ClientStatus::Running => silent_since,
        ClientStatus::Unknown => alloc.unknown_since(),
        _ => return None,
    };
    (!alloc.server_terminal()).then(|| since.after(lost_after))
}

impl Disconnects {
    /// This server does not lead (any more).
    pub fn flush(&mut self) {
        self.nodes.clear();
    }

    pub fn refill(&mut self, snapshot: &Snapshot) {
        self.flush();
        snapshot.nodes().for_each(|node| self.take_node(node, snapshot.index()));
    }

    /// Marks what the event concerns.
    pub fn take_event(&mut self, event: &Event, index: Index) {
        match event {
            Event::NodeRegistered(node) | Event::NodeUpdated(node) => self.take_node(node, index),
            Event::Collected { nodes, .. } => self.nodes.retain(|id, _| !nodes.contains(id)),
            Event::AllocUpdated(alloc) => {
                if let Some(look) = self.nodes.get_mut(&alloc.node_id) {
                    *look = Look { from: index, at: UnixNanos::ZERO };
                }
            }
            _ => {}
        }
    }

    fn take_node(&mut self, node: &Node, index: Index) {
        if node.status == NodeStatus::Disconnected {
            self.nodes.insert(node.id, Look { from: index, at: UnixNanos::ZERO });
        } else {
            self.nodes.remove(&node.id);
        }
    }

    /// When a node has to be looked at although nothing happens.
    #[must_use]
    pub fn next_deadline(&self) -> Option<UnixNanos> {
        self.nodes.values().map(|look| look.at).filter(|at| !at.is_zero()).min()
    }

    /// Gives up nodes on which nothing is waited for any longer.
    pub fn decide(&mut self, snapshot: &Snapshot, now: UnixNanos, draw: &mut Draw<'_>) -> Vec<Command> {
        let mut commands = Vec::new();
        for (id, look) in &mut self.nodes {
            if look.at > now || look.from > snapshot.index() {
                continue;
            }
            let Some(node) = snapshot.node(*id).filter(|node| node.status == NodeStatus::Disconnected) else {
                continue;
            };
            let until = snapshot
                .allocs_by_node(*id)
                .filter_map(|alloc| waits_until(alloc, node.status_updated_at))
                .max();
            match until.filter(|until| *until > now) {
                Some(until) => look.at = until,
                None => {
                    commands.push(Command::NodeGiveUp(NodeGiveUp { node_id: *id, seed: IdSeed(draw()) }));
                }
            }
        }
        commands
    }
}
