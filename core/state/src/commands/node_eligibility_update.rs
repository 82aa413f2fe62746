//! An operator says whether a node may receive work. What runs there stays.

use std::sync::Arc;

use muster_model::{Eligibility, EvalTrigger, Node};

use super::node_evals::Concerned;
use super::node_news;
use crate::change::Change;
use crate::command::{Event, NodeEligibilityUpdate, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &NodeEligibilityUpdate,
) -> Result<Reply, Refusal> {
    let (slot, row) = tables.node_slot(command.node_id).ok_or(Refusal::NodeNotFound)?;
    if row.node().eligibility == command.eligibility {
        return Ok(Reply::NodeUpdated { evals: Vec::new() });
    }
    if command.eligibility == Eligibility::Eligible && row.node().drain.is_some() {
        return Err(Refusal::NodeDraining);
    }
    let mut node = Node::clone(row.node());
    node.eligibility = command.eligibility;
    node.modify_index = cx.index;
    let message = format!("Node marked as {} for scheduling", command.eligibility.as_str());
    node.push_event(node_news::event(cx, "Cluster", message));
    let node = Arc::new(node);
    tables.replace_node(cx, slot, Arc::clone(&node));
    cx.events.push(Event::NodeUpdated(Arc::clone(&node)));
    let mut concerned = Concerned::default();
    if command.eligibility == Eligibility::Eligible {
        concerned.per_node_jobs(tables, &node);
    }
    let evals = concerned.evaluate(tables, cx, command.seed, EvalTrigger::NodeUpdate, Some(node.id));
    Ok(Reply::NodeUpdated { evals })
}
