//! A role is taken away. Tokens that link to it lose what it gave them.

use crate::change::Change;
use crate::command::{AclRoleDelete, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &AclRoleDelete) -> Result<Reply, Refusal> {
    if !tables.acl_roles.rows.contains_key(&command.id) {
        return Err(Refusal::AclRoleNotFound);
    }
    tables.remove_acl_role(cx, command.id);
    Ok(Reply::Done)
}
