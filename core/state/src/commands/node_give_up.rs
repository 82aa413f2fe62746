//! A node that lost contact is not waited for any longer: it is down. One that speaks again meanwhile is not.

use muster_model::NodeStatus;

use super::node_status_update;
use crate::change::Change;
use crate::command::{NodeGiveUp, NodeStatusUpdate, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &NodeGiveUp) -> Result<Reply, Refusal> {
    let (_, row) = tables.node_slot(command.node_id).ok_or(Refusal::NodeNotFound)?;
    if row.node().status != NodeStatus::Disconnected {
        return Ok(Reply::NodeUpdated { evals: Vec::new() });
    }
    let down = NodeStatusUpdate {
        node_id: command.node_id,
        status: NodeStatus::Down,
        description: Some("nothing on it is waited for any longer".into()),
        seed: command.seed,
    };
    node_status_update::apply(tables, cx, &down)
}
