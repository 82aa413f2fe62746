//! Namespaces.

use std::sync::Arc;

use muster_ids::Namespace;
use muster_model::NamespaceDetails;

use super::Snapshot;

impl Snapshot {
    #[must_use]
    pub fn namespace(&self, name: &Namespace) -> Option<&Arc<NamespaceDetails>> {
        self.tables.namespaces.rows.get(name)
    }

    /// By name; `default` is always among them.
    pub fn namespaces(&self) -> impl Iterator<Item = &Arc<NamespaceDetails>> {
        self.tables.namespaces.rows.values()
    }
}
