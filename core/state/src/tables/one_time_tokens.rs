//! One-time tokens, at most one for each ACL token, found by the hash of their secret. Nobody watches or follows them:
//! whoever may know of one has its secret.

use std::sync::Arc;

use imbl::OrdMap;
use muster_ids::AccessorId;
use muster_model::OneTimeToken;

use super::Tables;
use crate::hash::hash_row;
use crate::rows::RowKind;

#[derive(Clone, Debug, Default)]
pub(crate) struct OneTimeTokenTable {
    pub(crate) rows: OrdMap<AccessorId, Arc<OneTimeToken>>,
    pub(crate) by_secret: OrdMap<[u8; 32], AccessorId>,
}

pub(crate) fn one_time_hash(token: &OneTimeToken) -> u64 {
    hash_row(RowKind::OneTimeToken, token)
}

impl Tables {
    /// Adds it; the one before for the same token counts no more.
    pub(crate) fn put_one_time_token(&mut self, token: Arc<OneTimeToken>) {
        let (new, accessor, secret) = (one_time_hash(&token), token.accessor, token.secret_hash);
        let old = self.one_time_tokens.rows.insert(accessor, token);
        if let Some(old) = &old {
            self.one_time_tokens.by_secret.remove(&old.secret_hash);
        }
        self.one_time_tokens.by_secret.insert(secret, accessor);
        self.rehash(old.map_or(0, |old| one_time_hash(&old)), new);
    }

    pub(crate) fn remove_one_time_token(&mut self, accessor: AccessorId) {
        let Some(old) = self.one_time_tokens.rows.remove(&accessor) else { return };
        self.one_time_tokens.by_secret.remove(&old.secret_hash);
        self.rehash(one_time_hash(&old), 0);
    }
}
