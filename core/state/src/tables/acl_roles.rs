//! ACL roles by id and by name.

use std::sync::Arc;

use imbl::OrdMap;
use muster_ids::{RoleId, RoleName};
use muster_model::AclRole;

use super::Tables;
use crate::change::Change;
use crate::command::Event;
use crate::hash::hash_row;
use crate::rows::RowKind;
use crate::watch::WatchKey;

#[derive(Clone, Debug, Default)]
pub(crate) struct AclRoleTable {
    pub(crate) rows: OrdMap<RoleId, Arc<AclRole>>,
    pub(crate) by_name: OrdMap<RoleName, RoleId>,
}

pub(crate) fn role_hash(role: &AclRole) -> u64 {
    hash_row(RowKind::AclRole, role)
}

impl Tables {
    /// Adds the role or replaces the one of its id. No other role has its name.
    pub(crate) fn put_acl_role(&mut self, cx: &mut Change, role: AclRole) {
        let role = Arc::new(role);
        cx.events.push(Event::AclRoleUpserted(Arc::clone(&role)));
        self.touch_acl_role(cx, role.id);
        self.load_acl_role(role);
    }

    pub(crate) fn load_acl_role(&mut self, role: Arc<AclRole>) {
        let (new, id, name) = (role_hash(&role), role.id, role.name.clone());
        let old = self.acl_roles.rows.insert(id, role);
        if let Some(old) = &old {
            self.acl_roles.by_name.remove(&old.name);
        }
        self.acl_roles.by_name.insert(name, id);
        self.rehash(old.map_or(0, |old| role_hash(&old)), new);
    }

    pub(crate) fn remove_acl_role(&mut self, cx: &mut Change, id: RoleId) {
        let Some(old) = self.acl_roles.rows.remove(&id) else { return };
        self.acl_roles.by_name.remove(&old.name);
        self.rehash(role_hash(&old), 0);
        cx.events.push(Event::AclRoleDeleted(old));
        self.touch_acl_role(cx, id);
    }

    fn touch_acl_role(&mut self, cx: &mut Change, id: RoleId) {
        self.meta.acl_roles = cx.index;
        cx.changed.add(WatchKey::AclRole(id));
        cx.changed.add(WatchKey::AclRoles);
    }
}
