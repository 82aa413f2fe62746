//! Drains that have nothing left to wait for are over. The nodes stay ineligible: whoever emptied them says when they
//! may be filled again.

use std::sync::Arc;

use muster_ids::NodeId;
use muster_model::{Alloc, DrainStatus, Node};

use super::node_news;
use crate::change::Change;
use crate::command::{Event, NodeDrainFinish, Reply};
use crate::drained::keeps_draining;
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &NodeDrainFinish) -> Reply {
    for id in &command.nodes {
        finish(tables, cx, *id);
    }
    Reply::Done
}

/// A node that was purged, whose drain was canceled, or where something is left after all, stays as it is.
fn finish(tables: &mut Tables, cx: &mut Change, id: NodeId) {
    let Some((slot, row)) = tables.node_slot(id) else { return };
    let old = row.node();
    let Some(strategy) = &old.drain else { return };
    let waits = |alloc: &Arc<Alloc>| keeps_draining(alloc, old, strategy);
    if tables.allocs.of(&tables.allocs.by_node, slot).any(waits) {
        return;
    }
    let mut node = Node::clone(old);
    let mut event = node_news::event(cx, "Drain", "Node drain complete");
    if strategy.forces(cx.now) {
        event.details = [("deadline_reached".into(), "true".into())].into();
    }
    node.push_event(event);
    node.drain = None;
    if let Some(last) = &mut node.last_drain {
        last.status = DrainStatus::Complete;
        last.updated_at = cx.now;
    }
    node.modify_index = cx.index;
    let node = Arc::new(node);
    tables.replace_node(cx, slot, Arc::clone(&node));
    cx.events.push(Event::NodeUpdated(node));
}
