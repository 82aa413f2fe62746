//! A new join token.

use std::sync::Arc;

use muster_model::JoinToken;

use crate::change::Change;
use crate::command::{JoinTokenCreate, Refusal, Reply};
use crate::tables::Tables;
use crate::tables::join_tokens::JoinTokenRecord;

/// Two tokens never share an id or a secret.
pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &JoinTokenCreate,
) -> Result<Reply, Refusal> {
    tables.drop_old_join_tokens(cx.now);
    let (table, id) = (&tables.join_tokens, command.token.id);
    if table.rows.contains_key(&id) || table.by_secret.contains_key(&command.secret_hash) {
        return Err(Refusal::JoinTokenExists { id });
    }
    let token =
        JoinToken { create_index: cx.index, modify_index: cx.index, used: None, ..command.token.clone() };
    let reply = Reply::JoinTokenStored(Box::new(token.clone()));
    tables.put_join_token(JoinTokenRecord { token: Arc::new(token), secret_hash: command.secret_hash });
    Ok(reply)
}
