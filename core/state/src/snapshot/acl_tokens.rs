//! ACL tokens.

use std::sync::Arc;

use muster_ids::{AccessorId, Index, UnixNanos};
use muster_model::AclToken;

use super::Snapshot;

impl Snapshot {
    #[must_use]
    pub fn acl_token(&self, accessor: AccessorId) -> Option<&Arc<AclToken>> {
        self.tables.acl_tokens.rows.get(&accessor).map(|record| &record.token)
    }

    /// The token whose secret has this SHA-256, with the stored hash for a comparison in constant time.
    #[must_use]
    pub fn acl_token_by_secret(&self, hash: &[u8; 32]) -> Option<(&Arc<AclToken>, [u8; 32])> {
        let accessor = self.tables.acl_tokens.by_secret.get(hash)?;
        let record = self.tables.acl_tokens.rows.get(accessor)?;
        Some((&record.token, record.secret_hash))
    }

    /// By accessor.
    pub fn acl_tokens(&self) -> impl Iterator<Item = &Arc<AclToken>> {
        self.tables.acl_tokens.rows.values().map(|record| &record.token)
    }

    /// When ACLs were bootstrapped last: what an operator must present to do it again. Zero when they never were.
    #[must_use]
    pub fn acl_bootstrap_index(&self) -> Index {
        self.tables.meta.acl_bootstrap
    }

    /// Whether there are one-time tokens that nobody can use any more.
    #[must_use]
    pub fn has_expired_one_time_tokens(&self, now: UnixNanos) -> bool {
        self.tables.one_time_tokens.rows.values().any(|token| token.expired(now))
    }
}
