//! Root keys.

use std::sync::Arc;

use muster_ids::RootKeyId;
use muster_model::RootKey;

use super::Snapshot;

impl Snapshot {
    #[must_use]
    pub fn root_key(&self, id: RootKeyId) -> Option<&Arc<RootKey>> {
        self.tables.root_keys.rows.get(&id)
    }

    /// What signs and encrypts; `None` until a leader made the first.
    #[must_use]
    pub fn active_root_key(&self) -> Option<&Arc<RootKey>> {
        self.tables.active_root_key()
    }

    /// By id.
    pub fn root_keys(&self) -> impl Iterator<Item = &Arc<RootKey>> {
        self.tables.root_keys.rows.values()
    }

    /// Whether something that is still valid was signed with the key.
    #[must_use]
    pub fn root_key_in_use(&self, id: RootKeyId) -> bool {
        self.tables.root_key_in_use(id)
    }
}
