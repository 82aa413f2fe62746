//! One-time tokens that nobody used in time are forgotten.

use muster_ids::AccessorId;

use crate::change::Change;
use crate::command::Reply;
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &Change) -> Reply {
    let over = tables.one_time_tokens.rows.iter().filter(|(_, token)| token.expired(cx.now));
    let over: Vec<AccessorId> = over.map(|(accessor, _)| *accessor).collect();
    for accessor in over {
        tables.remove_one_time_token(accessor);
    }
    Reply::Done
}
