//! A node pool is forgotten, if nothing is in it.

use std::sync::Arc;

use muster_model::{Job, JobStatus};

use crate::change::Change;
use crate::command::{NodePoolDelete, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &NodePoolDelete,
) -> Result<Reply, Refusal> {
    let NodePoolDelete { name, region } = command;
    let (pool, region) = (name.clone(), region.clone());
    if name.is_built_in() {
        return Err(Refusal::NodePoolUndeletable { pool });
    }
    if !tables.pools.rows.contains_key(name) {
        return Err(Refusal::NodePoolUnknown { pool });
    }
    if tables.nodes.iter().any(|(_, row)| row.node().pool == *name) {
        return Err(Refusal::NodePoolHasNodes { pool, region });
    }
    let in_use = |job: &Arc<Job>| job.node_pool == *name && job.status != JobStatus::Dead;
    if tables.jobs.rows.iter().filter_map(|(_, row)| row.current()).any(in_use) {
        return Err(Refusal::NodePoolHasJobs { pool, region });
    }
    tables.remove_pool(cx, name);
    Ok(Reply::Done)
}
