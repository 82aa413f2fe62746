//! A machine joins with a token, which is used up by that: of two that present the same one, the log lets one in.

use std::sync::Arc;

use muster_model::{JoinToken, JoinUse};

use crate::change::Change;
use crate::command::{JoinTokenUse, Refusal, Reply};
use crate::tables::Tables;
use crate::tables::join_tokens::JoinTokenRecord;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &JoinTokenUse) -> Result<Reply, Refusal> {
    let id = tables.join_tokens.by_secret.get(&command.secret_hash);
    let record = id.and_then(|id| tables.join_tokens.rows.get(id)).ok_or(Refusal::JoinTokenUnknown)?;
    let token = &record.token;
    if let Some(used) = &token.used {
        return Err(Refusal::JoinTokenUsed { id: token.id, name: used.name.clone() });
    }
    if token.expired(cx.now) {
        return Err(Refusal::JoinTokenExpired { id: token.id });
    }
    if token.role != command.role {
        return Err(Refusal::JoinTokenRole { id: token.id, role: token.role.as_str().into() });
    }
    if let Some(only) = token.node_name.as_ref().filter(|only| **only != command.name) {
        return Err(Refusal::JoinTokenName { id: token.id, name: only.clone() });
    }
    let used = JoinUse { time: cx.now, name: command.name.clone(), address: command.address.clone() };
    let token = JoinToken { used: Some(used), modify_index: cx.index, ..(**token).clone() };
    let reply = Reply::JoinTokenStored(Box::new(token.clone()));
    tables.put_join_token(JoinTokenRecord { token: Arc::new(token), secret_hash: command.secret_hash });
    Ok(reply)
}
