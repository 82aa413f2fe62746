//! Root keys, by id. Once there is one, exactly one is active.

use std::sync::Arc;

use imbl::OrdMap;
use muster_ids::RootKeyId;
use muster_model::{RootKey, RootKeyState};

use super::Tables;
use crate::change::Change;
use crate::hash::hash_row;
use crate::rows::RowKind;
use crate::watch::WatchKey;

#[derive(Clone, Debug, Default)]
pub(crate) struct RootKeyTable {
    pub(crate) rows: OrdMap<RootKeyId, Arc<RootKey>>,
}

pub(crate) fn row_hash(key: &RootKey) -> u64 {
    hash_row(RowKind::RootKey, key)
}

impl Tables {
    pub(crate) fn active_root_key(&self) -> Option<&Arc<RootKey>> {
        self.root_keys.rows.values().find(|key| key.state == RootKeyState::Active)
    }

    /// Whether something that is still valid was signed with the key.
    pub(crate) fn root_key_in_use(&self, id: RootKeyId) -> bool {
        self.nodes.iter().any(|(_, row)| row.node().identity_key == Some(id))
    }

    /// Adds the key or replaces the one of its id.
    pub(crate) fn put_root_key(&mut self, cx: &mut Change, key: Arc<RootKey>) {
        self.load_root_key(key);
        self.touch_root_keys(cx);
    }

    pub(crate) fn load_root_key(&mut self, key: Arc<RootKey>) {
        let new = row_hash(&key);
        let old = self.root_keys.rows.insert(key.id, key);
        self.rehash(old.map_or(0, |old| row_hash(&old)), new);
    }

    pub(crate) fn remove_root_key(&mut self, cx: &mut Change, id: RootKeyId) {
        let Some(old) = self.root_keys.rows.remove(&id) else { return };
        self.rehash(row_hash(&old), 0);
        self.touch_root_keys(cx);
    }

    fn touch_root_keys(&mut self, cx: &mut Change) {
        self.meta.root_keys = cx.index;
        cx.changed.add(WatchKey::RootKeys);
    }
}
