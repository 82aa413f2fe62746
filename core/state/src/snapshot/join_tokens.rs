//! Join tokens.

use std::sync::Arc;

use muster_ids::JoinTokenId;
use muster_model::JoinToken;

use super::Snapshot;

impl Snapshot {
    #[must_use]
    pub fn join_token(&self, id: JoinTokenId) -> Option<&Arc<JoinToken>> {
        self.tables.join_tokens.rows.get(&id).map(|record| &record.token)
    }

    /// The token whose secret has this SHA-256.
    #[must_use]
    pub fn join_token_by_secret(&self, hash: &[u8; 32]) -> Option<&Arc<JoinToken>> {
        self.join_token(*self.tables.join_tokens.by_secret.get(hash)?)
    }

    /// By id.
    pub fn join_tokens(&self) -> impl Iterator<Item = &Arc<JoinToken>> {
        self.tables.join_tokens.rows.values().map(|record| &record.token)
    }
}
