//! A one-time token is used up. The log's order decides who was first.

use crate::change::Change;
use crate::command::{OneTimeTokenExchange, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &OneTimeTokenExchange,
) -> Result<Reply, Refusal> {
    let table = &tables.one_time_tokens;
    let found = table.by_secret.get(&command.secret_hash).and_then(|accessor| table.rows.get(accessor));
    let found = found.filter(|token| !token.expired(cx.now)).ok_or(Refusal::OneTimeTokenUnknown)?;
    let (accessor, sealed) = (found.accessor, found.sealed.clone());
    let token = tables.acl_tokens.rows.get(&accessor).filter(|row| !row.token.expired(cx.now));
    let token = token.map(|row| Box::new((*row.token).clone())).ok_or(Refusal::OneTimeTokenUnknown)?;
    tables.remove_one_time_token(accessor);
    Ok(Reply::OneTimeTokenExchanged { token, sealed })
}
