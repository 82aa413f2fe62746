//! Idempotency tokens of dispatches: what a token was used for, so that it is used once.
//!
//! A token is known for as long as its child is, and for a day after the dispatch even when the child was collected
//! before: whoever repeats a request that timed out must not start the work again. Bounded: those whose child is gone
//! are dropped by age, and the oldest of them when they are too many.

use imbl::{OrdMap, OrdSet};
use muster_ids::{Index, JobId, Namespace, Text, UnixNanos};
use muster_model::{Job, JobKey};
use serde::{Deserialize, Serialize};

use super::Tables;
use crate::change::Change;
use crate::hash::hash_row;
use crate::rows::RowKind;

/// How long a token whose child is gone is remembered, counted from its dispatch.
pub const TOKEN_KEPT: std::time::Duration = std::time::Duration::from_secs(24 * 3600);
/// Tokens without a child that are remembered at most.
const MAX_ORPHANS: usize = 100_000;
/// Tokens dropped at once at most: no single command pays for all.
const DROPPED_AT_ONCE: usize = 64;

#[derive(Clone, Debug, Default)]
pub(crate) struct DispatchTokenTable {
    pub(crate) rows: OrdMap<TokenKey, TokenRecord>,
    /// Those whose child is gone, oldest dispatch first.
    pub(crate) orphans: OrdSet<(UnixNanos, TokenKey)>,
}

/// A token belongs to the parent it was dispatched with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct TokenKey {
    pub(crate) namespace: Namespace,
    pub(crate) parent: JobId,
    pub(crate) token: Text,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TokenRecord {
    pub(crate) key: TokenKey,
    pub(crate) child: JobId,
    pub(crate) job_create_index: Index,
    pub(crate) time: UnixNanos,
    /// Hash of what was dispatched: another one under the same token is told apart.
    pub(crate) content: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) child_is_gone: bool,
}

impl TokenKey {
    pub(crate) fn new(parent: &JobKey, token: &Text) -> Self {
        Self { namespace: parent.namespace.clone(), parent: parent.id.clone(), token: token.clone() }
    }
}

impl TokenRecord {
    pub(crate) fn row_hash(&self) -> u64 {
        hash_row(RowKind::DispatchToken, self)
    }
}

impl Tables {
    pub(crate) fn put_dispatch_token(&mut self, record: TokenRecord) {
        let orphan = record.child_is_gone.then(|| (record.time, record.key.clone()));
        let new = record.row_hash();
        let old = self.dispatch_tokens.rows.insert(record.key.clone(), record);
        if let Some(orphan) = old.as_ref().filter(|old| old.child_is_gone) {
            self.dispatch_tokens.orphans.remove(&(orphan.time, orphan.key.clone()));
        }
        self.dispatch_tokens.orphans.extend(orphan);
        self.rehash(old.map_or(0, |old| old.row_hash()), new);
    }

    /// What this token was used for, if that is still to be answered.
    pub(crate) fn used_dispatch_token(&self, key: &TokenKey, now: UnixNanos) -> Option<&TokenRecord> {
        let record = self.dispatch_tokens.rows.get(key)?;
        (!record.child_is_gone || now.since(record.time) < TOKEN_KEPT).then_some(record)
    }

    /// The child of a token is gone.
    pub(crate) fn orphan_dispatch_token(&mut self, cx: &Change, job: &Job) {
        let key = job.parent_key().zip(job.dispatch_token.as_ref());
        let Some(key) = key.map(|(parent, token)| TokenKey::new(&parent, token)) else { return };
        let record = self.dispatch_tokens.rows.get(&key).filter(|record| record.child == job.id);
        if let Some(record) = record.cloned() {
            self.put_dispatch_token(TokenRecord { child_is_gone: true, ..record });
        }
        self.drop_old_dispatch_tokens(cx.now);
    }

    /// Whatever they were used for in this namespace is gone with it.
    pub(crate) fn forget_dispatch_tokens(&mut self, namespace: &Namespace) {
        let keys = self.dispatch_tokens.rows.keys().filter(|key| key.namespace == *namespace);
        for key in keys.cloned().collect::<Vec<_>>() {
            let Some(record) = self.dispatch_tokens.rows.remove(&key) else { continue };
            self.rehash(record.row_hash(), 0);
            self.dispatch_tokens.orphans.remove(&(record.time, key));
        }
    }

    pub(crate) fn drop_old_dispatch_tokens(&mut self, now: UnixNanos) {
        for _ in 0..DROPPED_AT_ONCE {
            let too_many = self.dispatch_tokens.orphans.len() > MAX_ORPHANS;
            let oldest = self.dispatch_tokens.orphans.get_min();
            let over = oldest.filter(|(time, _)| too_many || now.since(*time) >= TOKEN_KEPT).cloned();
            let Some(over) = over else { return };
            self.dispatch_tokens.orphans.remove(&over);
            let dropped = self.dispatch_tokens.rows.remove(&over.1);
            self.rehash(dropped.map_or(0, |record| record.row_hash()), 0);
        }
    }
}
