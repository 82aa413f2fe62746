//! Plans for a node were refused too often: it gets no more work until an operator says so.

use std::sync::Arc;

use muster_model::{Eligibility, Node};

use super::node_news::event;
use crate::change::Change;
use crate::command::{Event, NodePlansRejected, Refusal, Reply};
use crate::tables::Tables;

const MESSAGE: &str = "Node marked as ineligible for scheduling due to multiple plan rejections";

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &NodePlansRejected,
) -> Result<Reply, Refusal> {
    let (slot, row) = tables.node_slot(command.node_id).ok_or(Refusal::NodeNotFound)?;
    if row.node().eligibility == Eligibility::Ineligible {
        return Ok(Reply::Done);
    }
    let mut node = Node::clone(row.node());
    node.eligibility = Eligibility::Ineligible;
    node.modify_index = cx.index;
    node.push_event(event(cx, "Scheduler", MESSAGE));
    let node = Arc::new(node);
    tables.replace_node(cx, slot, Arc::clone(&node));
    cx.events.push(Event::NodeUpdated(node));
    Ok(Reply::Done)
}
