//! Another name, other policies or roles for a token.

use std::sync::Arc;

use muster_model::AclToken;

use super::acl_token_create::check_roles;
use crate::change::Change;
use crate::command::{AclTokenUpdate, Refusal, Reply};
use crate::tables::Tables;
use crate::tables::acl_tokens::AclTokenRecord;

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &AclTokenUpdate,
) -> Result<Reply, Refusal> {
    let (wanted, accessor) = (&command.token, command.token.accessor);
    let Some(record) = tables.acl_tokens.rows.get(&accessor) else {
        return Err(Refusal::AclTokenUnknown { accessor });
    };
    if wanted.global != record.token.global {
        return Err(Refusal::AclTokenGlobalChange { accessor });
    }
    if wanted.kind != record.token.kind {
        return Err(Refusal::AclTokenTypeChange { accessor });
    }
    check_roles(tables, wanted)?;
    let token = AclToken {
        name: wanted.name.clone(),
        policies: wanted.policies.clone(),
        roles: wanted.roles.clone(),
        modify_index: cx.index,
        ..(*record.token).clone()
    };
    let reply = Reply::AclTokenStored(Box::new(token.clone()));
    let secret_hash = record.secret_hash;
    tables.put_acl_token(cx, AclTokenRecord { token: Arc::new(token), secret_hash });
    Ok(reply)
}
