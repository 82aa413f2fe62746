//! A new token.

use std::sync::Arc;

use muster_model::AclToken;

use crate::change::Change;
use crate::command::{AclTokenCreate, Refusal, Reply};
use crate::tables::Tables;
use crate::tables::acl_tokens::AclTokenRecord;

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &AclTokenCreate,
) -> Result<Reply, Refusal> {
    store_new(tables, cx, &command.token, command.secret_hash)
}

/// Two tokens never share an accessor or a secret.
pub(super) fn store_new(
    tables: &mut Tables,
    cx: &mut Change,
    token: &AclToken,
    secret_hash: [u8; 32],
) -> Result<Reply, Refusal> {
    let table = &tables.acl_tokens;
    if table.rows.contains_key(&token.accessor) || table.by_secret.contains_key(&secret_hash) {
        return Err(Refusal::AclTokenExists { accessor: token.accessor });
    }
    check_roles(tables, token)?;
    let token = AclToken { create_index: cx.index, modify_index: cx.index, ..token.clone() };
    let reply = Reply::AclTokenStored(Box::new(token.clone()));
    tables.put_acl_token(cx, AclTokenRecord { token: Arc::new(token), secret_hash });
    Ok(reply)
}

/// What a token is given exists; what becomes of it later is another matter.
pub(super) fn check_roles(tables: &Tables, token: &AclToken) -> Result<(), Refusal> {
    match token.roles.iter().find(|role| !tables.acl_roles.rows.contains_key(*role)) {
        Some(role) => Err(Refusal::AclRoleMissing { role: *role }),
        None => Ok(()),
    }
}
