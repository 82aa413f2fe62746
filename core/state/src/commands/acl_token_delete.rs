//! Tokens are revoked, or forgotten after they expired.

use muster_ids::AccessorId;

use crate::change::Change;
use crate::command::{AclTokenDelete, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &AclTokenDelete,
) -> Result<Reply, Refusal> {
    let is_missing = |accessor: &&AccessorId| !tables.acl_tokens.rows.contains_key(*accessor);
    let missing: Vec<AccessorId> = command.accessors.iter().filter(is_missing).copied().collect();
    if !missing.is_empty() {
        return Err(Refusal::AclTokensMissing { accessors: missing });
    }
    for accessor in &command.accessors {
        tables.remove_acl_token(cx, *accessor);
    }
    Ok(Reply::Done)
}
