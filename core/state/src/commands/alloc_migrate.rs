//! Allocations of draining nodes are to leave: marks them, and asks for an evaluation of every job concerned.

use muster_ids::AllocId;
use muster_model::{Alloc, EvalTrigger};

use super::node_evals::Concerned;
use crate::change::Change;
use crate::command::{AllocMigrate, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &AllocMigrate) -> Reply {
    let mut concerned = Concerned::default();
    let mut unknown = Vec::new();
    for id in &command.allocs {
        let Some((slot, alloc)) = leaving(tables, cx, *id) else {
            unknown.push(*id);
            continue;
        };
        concerned.add(tables, &alloc.job);
        tables.replace_alloc(cx, slot, alloc);
    }
    let evals = concerned.evaluate(tables, cx, command.seed, EvalTrigger::NodeDrain, None);
    Reply::AllocsUpdated { evals, unknown }
}

/// The row with its mark; `None` for what ends anyhow, is marked already, or whose node does not drain (any more).
fn leaving(tables: &Tables, cx: &Change, id: AllocId) -> Option<(u32, Alloc)> {
    let slot = tables.allocs.ids.get(&id).copied()?;
    let row = tables.allocs.rows.get(slot)?;
    let node = tables.nodes.get(row.owners.node)?.node();
    if row.alloc.terminal() || row.alloc.transition.migrate || node.drain.is_none() {
        return None;
    }
    let mut alloc = Alloc::clone(&row.alloc);
    alloc.transition.migrate = true;
    alloc.modify_index = cx.index;
    alloc.modify_time = cx.now;
    Some((slot, alloc))
}
