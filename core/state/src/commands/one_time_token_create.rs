//! A one-time token for a token that is valid.

use std::sync::Arc;

use muster_model::OneTimeToken;

use crate::change::Change;
use crate::command::{OneTimeTokenCreate, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &OneTimeTokenCreate,
) -> Result<Reply, Refusal> {
    let wanted = &command.token;
    let valid = tables.acl_tokens.rows.get(&wanted.accessor).is_some_and(|row| !row.token.expired(cx.now));
    let table = &tables.one_time_tokens;
    let taken = table.by_secret.get(&wanted.secret_hash).is_some_and(|holder| *holder != wanted.accessor);
    if !valid || taken {
        return Err(Refusal::OneTimeTokenUnknown);
    }
    let token = OneTimeToken { create_index: cx.index, modify_index: cx.index, ..wanted.clone() };
    tables.put_one_time_token(Arc::new(token.clone()));
    Ok(Reply::OneTimeTokenStored(Box::new(token)))
}
