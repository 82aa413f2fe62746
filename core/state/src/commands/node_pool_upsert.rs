//! A node pool as an operator describes it.

use crate::change::Change;
use crate::command::{NodePoolUpsert, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &NodePoolUpsert,
) -> Result<Reply, Refusal> {
    let pool = &command.details.name;
    if pool.is_built_in() {
        return Err(Refusal::NodePoolBuiltIn { pool: pool.clone() });
    }
    tables.put_pool(cx, command.details.clone());
    Ok(Reply::Done)
}
