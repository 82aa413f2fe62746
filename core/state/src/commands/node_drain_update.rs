//! An operator begins, changes or cancels the emptying of a node. Who leaves when is the drainer's business
//! (`muster-leader`); here only what was asked for is kept.

use std::sync::Arc;

use muster_model::{DrainSpec, DrainStatus, DrainStrategy, Eligibility, EvalTrigger, LastDrain, Node};

use super::node_evals::Concerned;
use super::node_news;
use crate::change::Change;
use crate::command::{Event, NodeDrainUpdate, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &NodeDrainUpdate,
) -> Result<Reply, Refusal> {
    let (slot, row) = tables.node_slot(command.node_id).ok_or(Refusal::NodeNotFound)?;
    let old = row.node();
    let node = match (command.drain, &old.drain) {
        (Some(spec), _) => drained(cx, old, spec, command),
        (None, Some(_)) => canceled(cx, old, command),
        (None, None) if command.mark_eligible && old.eligibility == Eligibility::Ineligible => {
            marked_eligible(cx, old)
        }
        (None, None) => return Ok(Reply::NodeUpdated { evals: Vec::new() }),
    };
    let became_eligible =
        old.eligibility == Eligibility::Ineligible && node.eligibility == Eligibility::Eligible;
    let node = Arc::new(node);
    tables.replace_node(cx, slot, Arc::clone(&node));
    cx.events.push(Event::NodeUpdated(Arc::clone(&node)));
    let mut concerned = Concerned::default();
    if became_eligible {
        concerned.per_node_jobs(tables, &node);
    }
    let evals = concerned.evaluate(tables, cx, command.seed, EvalTrigger::NodeUpdate, Some(node.id));
    Ok(Reply::NodeUpdated { evals })
}

/// It drains, from now on or as it did already, but on other terms.
fn drained(cx: &Change, old: &Node, spec: DrainSpec, command: &NodeDrainUpdate) -> Node {
    let mut node = old.clone();
    let under_way = old.drain.as_ref().map(|strategy| strategy.started_at);
    let started_at = under_way.unwrap_or(cx.now);
    node.drain = Some(Box::new(DrainStrategy::new(spec, started_at, cx.now)));
    node.eligibility = Eligibility::Ineligible;
    node.last_drain = Some(Box::new(record(cx, old, DrainStatus::Draining, started_at, command)));
    node.modify_index = cx.index;
    let message = if under_way.is_some() { "Node drain strategy updated" } else { "Node drain strategy set" };
    node.push_event(node_news::event(cx, "Drain", message));
    node
}

/// What was marked to leave leaves; the rest stays.
fn canceled(cx: &Change, old: &Node, command: &NodeDrainUpdate) -> Node {
    let mut node = old.clone();
    let started_at = old.drain.as_ref().map_or(cx.now, |strategy| strategy.started_at);
    node.drain = None;
    if command.mark_eligible {
        node.eligibility = Eligibility::Eligible;
    }
    node.last_drain = Some(Box::new(record(cx, old, DrainStatus::Canceled, started_at, command)));
    node.modify_index = cx.index;
    node.push_event(node_news::event(cx, "Drain", "Node drain disabled"));
    node
}

fn marked_eligible(cx: &Change, old: &Node) -> Node {
    let mut node = old.clone();
    node.eligibility = Eligibility::Eligible;
    node.modify_index = cx.index;
    node.push_event(node_news::event(cx, "Cluster", "Node marked as eligible for scheduling"));
    node
}

/// What is remembered of the drain. Who changes it without a word of their own keeps the words that are there.
fn record(
    cx: &Change,
    old: &Node,
    status: DrainStatus,
    started_at: muster_ids::UnixNanos,
    command: &NodeDrainUpdate,
) -> LastDrain {
    let meta = match old.last_drain.as_ref().filter(|_| old.drain.is_some()) {
        Some(last) if command.meta.is_empty() => last.meta.clone(),
        _ => command.meta.clone(),
    };
    LastDrain { started_at, updated_at: cx.now, status, accessor: command.accessor, meta }
}
