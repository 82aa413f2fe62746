//! What holds for every node by itself.

use muster_model::{DrainStatus, Eligibility};

use super::{Violation, require};
use crate::tables::Tables;

/// A node that is being emptied takes nothing new, and its newest drain says so.
pub(super) fn draining_nodes_take_nothing(tables: &Tables) -> Result<(), Violation> {
    for (_, row) in tables.nodes.slots.iter() {
        let node = row.node();
        let draining = node.last_drain.as_ref().is_some_and(|last| last.status == DrainStatus::Draining);
        let shut = node.drain.is_none() || node.eligibility == Eligibility::Ineligible;
        require(draining == node.drain.is_some() && shut, "draining_nodes_take_nothing", || {
            format!("node {}: {:?} {:?} {:?}", node.id, node.drain, node.last_drain, node.eligibility)
        })?;
    }
    Ok(())
}
