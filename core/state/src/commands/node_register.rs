//! A node introduces itself or reports changed facts. It is ready from then on.

use std::sync::Arc;

use muster_ids::NodeId;
use muster_model::{EvalTrigger, Node, NodeStatus};

use super::node_evals::Concerned;
use super::node_news;
use crate::change::Change;
use crate::command::{Event, NodeRegister, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &NodeRegister) -> Result<Reply, Refusal> {
    if command.node.pool.is_all() {
        return Err(Refusal::NodePoolReserved { pool: command.node.pool.clone() });
    }
    check_ban(tables, cx, command.node.id)?;
    match tables.node_slot(command.node.id) {
        None => Ok(first(tables, cx, command)),
        Some((_, row)) if row.secret_hash != command.secret_hash => Err(Refusal::NodeSecretMismatch),
        Some((slot, row)) => {
            let old = Arc::clone(row.node());
            Ok(again(tables, cx, command, slot, &old))
        }
    }
}

/// A banned node stays down, whatever it says.
pub(super) fn check_ban(tables: &Tables, cx: &Change, node: NodeId) -> Result<(), Refusal> {
    match tables.node_ban(node, cx.now) {
        Some(ban) => Err(Refusal::NodeBanned { node, reason: ban.reason.clone() }),
        None => Ok(()),
    }
}

fn first(tables: &mut Tables, cx: &mut Change, command: &NodeRegister) -> Reply {
    let mut node = command.node.clone();
    node.status = NodeStatus::Ready;
    node.status_description = None;
    node.drain = None;
    node.last_drain = None;
    node.identity_key = None;
    node.status_updated_at = cx.now;
    node.create_index = cx.index;
    node.modify_index = cx.index;
    node.events = vec![node_news::event(cx, "Cluster", "Node registered")];
    let node = Arc::new(node);
    tables.ensure_pool(cx, &node.pool);
    tables.insert_node(cx, &node, command.secret_hash);
    if node.accepts_work() {
        cx.freed(node.id, &node.computed_class);
    }
    cx.events.push(Event::NodeRegistered(Arc::clone(&node)));
    let mut concerned = Concerned::default();
    concerned.per_node_jobs(tables, &node);
    let evals = concerned.evaluate(tables, cx, command.seed, EvalTrigger::NodeUpdate, Some(node.id));
    Reply::NodeUpdated { evals }
}

fn again(tables: &mut Tables, cx: &mut Change, command: &NodeRegister, slot: u32, old: &Node) -> Reply {
    let mut node = command.node.clone();
    node.status = NodeStatus::Ready;
    node.status_description = None;
    node.eligibility = old.eligibility;
    node.drain.clone_from(&old.drain);
    node.last_drain.clone_from(&old.last_drain);
    node.identity_key = old.identity_key;
    node.events.clone_from(&old.events);
    node.status_updated_at = old.status_updated_at;
    node.create_index = old.create_index;
    node.modify_index = old.modify_index;
    if node == *old {
        return Reply::NodeUpdated { evals: Vec::new() };
    }
    let came_back = old.status != NodeStatus::Ready;
    let concerns_jobs = came_back || facts(&node) != facts(old);
    node.modify_index = cx.index;
    if came_back {
        node.status_updated_at = cx.now;
        node.push_event(node_news::event(cx, "Cluster", "Node re-registered"));
    }
    let node = Arc::new(node);
    tables.ensure_pool(cx, &node.pool);
    tables.replace_node(cx, slot, Arc::clone(&node));
    cx.events.push(Event::NodeRegistered(Arc::clone(&node)));
    let mut concerned = Concerned::default();
    if concerns_jobs {
        concerned.per_node_jobs(tables, &node);
    }
    if came_back {
        concerned.jobs_on(tables, slot);
    }
    let evals = concerned.evaluate(tables, cx, command.seed, EvalTrigger::NodeUpdate, Some(node.id));
    Reply::NodeUpdated { evals }
}

/// What placement depends on: drivers' descriptions and times of detection do not matter.
fn facts(node: &Node) -> impl PartialEq + use<'_> {
    let drivers =
        node.drivers.iter().map(|(name, driver)| (name, driver.detected, driver.healthy, &driver.attributes));
    let drivers: Vec<_> = drivers.collect();
    let place = (&node.datacenter, &node.pool, &node.class, &node.computed_class);
    (place, &node.attributes, &node.meta, &node.capacity, &node.reserved, &node.host_volumes, drivers)
}
