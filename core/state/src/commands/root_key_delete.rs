//! A root key is forgotten: nothing it signed or encrypted can be read any more.

use muster_model::RootKeyState;

use crate::change::Change;
use crate::command::{Refusal, Reply, RootKeyDelete};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &RootKeyDelete) -> Result<Reply, Refusal> {
    let Some(key) = tables.root_keys.rows.get(&command.id) else {
        return Err(Refusal::RootKeyNotFound { id: command.id });
    };
    if key.state == RootKeyState::Active {
        return Err(Refusal::RootKeyActive);
    }
    let in_use = key.state == RootKeyState::Rekeying || tables.root_key_in_use(command.id);
    if in_use && !command.force {
        return Err(Refusal::RootKeyInUse);
    }
    tables.remove_root_key(cx, command.id);
    Ok(Reply::Done)
}
