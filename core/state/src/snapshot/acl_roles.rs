//! ACL roles.

use std::sync::Arc;

use muster_ids::RoleId;
use muster_model::AclRole;

use super::Snapshot;

impl Snapshot {
    #[must_use]
    pub fn acl_role(&self, id: RoleId) -> Option<&Arc<AclRole>> {
        self.tables.acl_roles.rows.get(&id)
    }

    #[must_use]
    pub fn acl_role_by_name(&self, name: &str) -> Option<&Arc<AclRole>> {
        self.acl_role(*self.tables.acl_roles.by_name.get(name)?)
    }

    /// By id.
    pub fn acl_roles(&self) -> impl Iterator<Item = &Arc<AclRole>> {
        self.tables.acl_roles.rows.values()
    }
}
