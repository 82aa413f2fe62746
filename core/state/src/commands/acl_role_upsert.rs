//! A role is made or rewritten. The tokens that link to it follow with the next request.

use muster_model::AclRole;

use crate::change::Change;
use crate::command::{AclRoleUpsert, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &AclRoleUpsert) -> Result<Reply, Refusal> {
    let wanted = &command.role;
    let known = tables.acl_roles.rows.get(&wanted.id);
    let create_index = match (known, command.replaces) {
        (None, true) => return Err(Refusal::AclRoleMissing { role: wanted.id }),
        (Some(_), false) => return Err(Refusal::AclRoleExists { role: wanted.id }),
        (Some(known), true) => known.create_index,
        (None, false) => cx.index,
    };
    if tables.acl_roles.by_name.get(&wanted.name).is_some_and(|holder| *holder != wanted.id) {
        return Err(Refusal::AclRoleNameTaken { name: wanted.name.clone() });
    }
    if let Some(policy) = wanted.policies.iter().find(|name| !tables.acl_policies.rows.contains_key(*name)) {
        return Err(Refusal::AclPolicyMissing { policy: policy.clone() });
    }
    let role = AclRole { create_index, modify_index: cx.index, ..wanted.clone() };
    tables.put_acl_role(cx, role.clone());
    Ok(Reply::AclRoleStored(Box::new(role)))
}
