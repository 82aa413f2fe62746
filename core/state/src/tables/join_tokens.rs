//! Join tokens, found by id and by the hash of their secret.
//!
//! A token that was used or has expired is kept for a day, so that whoever presents it again can be told why it is
//! refused; bounded, because each new token drops some of those that are older.

use std::sync::Arc;
use std::time::Duration;

use imbl::OrdMap;
use muster_ids::{JoinTokenId, UnixNanos};
use muster_model::JoinToken;
use serde::{Deserialize, Serialize};

use super::Tables;
use crate::hash::hash_row;
use crate::rows::RowKind;

/// How long a token is remembered after its end.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// Tokens dropped at once at most: no single command pays for all.
const DROPPED_AT_ONCE: usize = 64;

#[derive(Clone, Debug, Default)]
pub(crate) struct JoinTokenTable {
    pub(crate) rows: OrdMap<JoinTokenId, JoinTokenRecord>,
    /// SHA-256 of the secret to the id.
    pub(crate) by_secret: OrdMap<[u8; 32], JoinTokenId>,
}

/// A join token as it is stored, in memory and on disk.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JoinTokenRecord {
    pub(crate) token: Arc<JoinToken>,
    pub(crate) secret_hash: [u8; 32],
}

/// Without the hash: who has it can test guesses.
impl std::fmt::Debug for JoinTokenRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JoinTokenRecord").field("token", &self.token).finish_non_exhaustive()
    }
}

impl JoinTokenRecord {
    pub(crate) fn row_hash(&self) -> u64 {
        hash_row(RowKind::JoinToken, self)
    }
}

impl Tables {
    /// Adds the token or replaces the one of its id.
    pub(crate) fn put_join_token(&mut self, record: JoinTokenRecord) {
        let (new, id) = (record.row_hash(), record.token.id);
        self.join_tokens.by_secret.insert(record.secret_hash, id);
        let old = self.join_tokens.rows.insert(id, record);
        self.rehash(old.map_or(0, |old| old.row_hash()), new);
    }

    pub(crate) fn remove_join_token(&mut self, id: JoinTokenId) -> bool {
        let Some(old) = self.join_tokens.rows.remove(&id) else { return false };
        self.join_tokens.by_secret.remove(&old.secret_hash);
        self.rehash(old.row_hash(), 0);
        true
    }

    pub(crate) fn drop_old_join_tokens(&mut self, now: UnixNanos) {
        let over = |token: &JoinToken| token.expiration_time.after(KEPT) <= now;
        let rows = self.join_tokens.rows.iter();
        let over: Vec<_> =
            rows.filter(|(_, row)| over(&row.token)).map(|(id, _)| *id).take(DROPPED_AT_ONCE).collect();
        for id in over {
            self.remove_join_token(id);
        }
    }
}
