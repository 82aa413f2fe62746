//! The servers' view of a node's health. Says nothing about its allocations: the scheduler decides which are lost.

use std::sync::Arc;

use muster_model::{EvalTrigger, Node, NodeStatus};

use super::node_evals::Concerned;
use super::{node_news, node_register};
use crate::change::Change;
use crate::command::{Event, NodeStatusUpdate, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &NodeStatusUpdate,
) -> Result<Reply, Refusal> {
    let (slot, row) = tables.node_slot(command.node_id).ok_or(Refusal::NodeNotFound)?;
    if command.status == NodeStatus::Ready {
        node_register::check_ban(tables, cx, command.node_id)?;
    }
    let old = row.node();
    if old.status == command.status && old.status_description == command.description {
        return Ok(Reply::NodeUpdated { evals: Vec::new() });
    }
    let was = old.status;
    let mut node = Node::clone(old);
    node.status_description.clone_from(&command.description);
    node.modify_index = cx.index;
    if was != command.status {
        node.status = command.status;
        node.status_updated_at = cx.now;
        if command.status == NodeStatus::Down && tables.node_ban(command.node_id, cx.now).is_some() {
            node.push_event(node_news::event(cx, "Cluster", "Node banned"));
        } else if let Some((subsystem, message)) = news(was, command.status) {
            node.push_event(node_news::event(cx, subsystem, message));
        }
    }
    let node = Arc::new(node);
    tables.replace_node(cx, slot, Arc::clone(&node));
    cx.events.push(Event::NodeUpdated(Arc::clone(&node)));
    let mut concerned = Concerned::default();
    if was != node.status {
        concerned.jobs_on(tables, slot);
        if node.status == NodeStatus::Ready {
            concerned.per_node_jobs(tables, &node);
        }
    }
    let evals = concerned.evaluate(tables, cx, command.seed, EvalTrigger::NodeUpdate, Some(node.id));
    Ok(Reply::NodeUpdated { evals })
}

/// Subsystem and message of the node's own event list (`http-api.md` section 14).
const fn news(was: NodeStatus, is: NodeStatus) -> Option<(&'static str, &'static str)> {
    match (was, is) {
        (NodeStatus::Disconnected, NodeStatus::Down) => None,
        (_, NodeStatus::Down | NodeStatus::Disconnected) => Some(("Heartbeat", "Node heartbeat missed")),
        (NodeStatus::Down | NodeStatus::Disconnected, NodeStatus::Ready) => {
            Some(("Cluster", "Node reregistered by heartbeat"))
        }
        _ => None,
    }
}
