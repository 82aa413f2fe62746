//! A new root key. One that is to be used at once takes the place of the active one.

use std::sync::Arc;

use muster_model::{RootKey, RootKeyState};

use super::root_key_state_update::retire_active;
use crate::change::Change;
use crate::command::{Refusal, Reply, RootKeyAdd, RootKeyCondition};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &RootKeyAdd) -> Result<Reply, Refusal> {
    if tables.root_keys.rows.contains_key(&command.key.id) {
        return Err(Refusal::RootKeyExists { id: command.key.id });
    }
    if !holds(tables, command.condition) {
        return Err(Refusal::RootKeysChanged);
    }
    let active = match command.key.state {
        RootKeyState::Active => true,
        RootKeyState::Prepublished if tables.active_root_key().is_some() => false,
        RootKeyState::Prepublished | RootKeyState::Inactive | RootKeyState::Rekeying => {
            return Err(Refusal::RootKeyTransition { from: command.key.state, to: command.key.state });
        }
    };
    if active {
        retire_active(tables, cx, command.rekey);
    }
    let key =
        RootKey { create_index: cx.index, modify_index: cx.index, retired_time: None, ..command.key.clone() };
    let key = Arc::new(key);
    tables.put_root_key(cx, Arc::clone(&key));
    Ok(Reply::RootKeyStored(key))
}

/// What whoever proposed the key took for granted.
fn holds(tables: &Tables, condition: RootKeyCondition) -> bool {
    let active = || tables.active_root_key().map(|key| key.id);
    let prepublished = || tables.root_keys.rows.values().any(|key| key.state == RootKeyState::Prepublished);
    match condition {
        RootKeyCondition::Always => true,
        RootKeyCondition::First => tables.root_keys.rows.is_empty(),
        RootKeyCondition::Next { active: id } => active() == Some(id) && !prepublished(),
    }
}
