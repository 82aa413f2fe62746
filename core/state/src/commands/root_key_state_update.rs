//! A prepublished key becomes active, or what a key encrypted is encrypted with another now.

use std::sync::Arc;

use muster_model::{RootKey, RootKeyState};

use crate::change::Change;
use crate::command::{Refusal, Reply, RootKeyStateUpdate};
use crate::tables::Tables;

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &RootKeyStateUpdate,
) -> Result<Reply, Refusal> {
    let Some(key) = tables.root_keys.rows.get(&command.id).cloned() else {
        return Err(Refusal::RootKeyNotFound { id: command.id });
    };
    match (key.state, command.state) {
        (RootKeyState::Prepublished, RootKeyState::Active) => retire_active(tables, cx, false),
        (RootKeyState::Rekeying, RootKeyState::Inactive) => {}
        (from, to) => return Err(Refusal::RootKeyTransition { from, to }),
    }
    let key = RootKey { state: command.state, modify_index: cx.index, ..RootKey::clone(&key) };
    let key = Arc::new(key);
    tables.put_root_key(cx, Arc::clone(&key));
    Ok(Reply::RootKeyStored(key))
}

/// Makes room for another active key.
pub(super) fn retire_active(tables: &mut Tables, cx: &mut Change, rekey: bool) {
    let Some(active) = tables.active_root_key().cloned() else { return };
    let state = if rekey { RootKeyState::Rekeying } else { RootKeyState::Inactive };
    let retired =
        RootKey { state, retired_time: Some(cx.now), modify_index: cx.index, ..RootKey::clone(&active) };
    tables.put_root_key(cx, Arc::new(retired));
}
