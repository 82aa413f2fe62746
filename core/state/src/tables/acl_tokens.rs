//! ACL tokens, found by accessor and by the hash of their secret.

use std::sync::Arc;

use imbl::OrdMap;
use muster_ids::AccessorId;
use muster_model::AclToken;
use serde::{Deserialize, Serialize};

use super::Tables;
use crate::change::Change;
use crate::command::Event;
use crate::hash::hash_row;
use crate::rows::RowKind;
use crate::watch::WatchKey;

#[derive(Clone, Debug, Default)]
pub(crate) struct AclTokenTable {
    pub(crate) rows: OrdMap<AccessorId, AclTokenRecord>,
    /// SHA-256 of the secret to the accessor.
    pub(crate) by_secret: OrdMap<[u8; 32], AccessorId>,
}

/// A token as it is stored, in memory and on disk.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AclTokenRecord {
    pub(crate) token: Arc<AclToken>,
    pub(crate) secret_hash: [u8; 32],
}

/// Without the hash: who has it can test guesses.
impl std::fmt::Debug for AclTokenRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AclTokenRecord").field("token", &self.token).finish_non_exhaustive()
    }
}

impl AclTokenRecord {
    pub(crate) fn row_hash(&self) -> u64 {
        hash_row(RowKind::AclToken, self)
    }
}

impl Tables {
    /// Adds the token or replaces the one of its accessor.
    pub(crate) fn put_acl_token(&mut self, cx: &mut Change, record: AclTokenRecord) {
        let accessor = record.token.accessor;
        cx.events.push(Event::AclTokenUpserted(Arc::clone(&record.token)));
        self.load_acl_token(record);
        self.touch_acl_token(cx, accessor);
    }

    pub(crate) fn load_acl_token(&mut self, record: AclTokenRecord) {
        let (new, accessor) = (record.row_hash(), record.token.accessor);
        self.acl_tokens.by_secret.insert(record.secret_hash, accessor);
        let old = self.acl_tokens.rows.insert(accessor, record);
        self.rehash(old.map_or(0, |old| old.row_hash()), new);
    }

    pub(crate) fn remove_acl_token(&mut self, cx: &mut Change, accessor: AccessorId) {
        let Some(old) = self.acl_tokens.rows.remove(&accessor) else { return };
        self.acl_tokens.by_secret.remove(&old.secret_hash);
        self.remove_one_time_token(accessor);
        self.rehash(old.row_hash(), 0);
        cx.events.push(Event::AclTokenDeleted(old.token));
        self.touch_acl_token(cx, accessor);
    }

    fn touch_acl_token(&mut self, cx: &mut Change, accessor: AccessorId) {
        self.meta.acl_tokens = cx.index;
        cx.changed.add(WatchKey::AclToken(accessor));
        cx.changed.add(WatchKey::AclTokens);
    }
}
