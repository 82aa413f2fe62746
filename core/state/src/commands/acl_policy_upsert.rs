//! Policies are made or rewritten. What links to them follows with the next request.

use muster_model::AclPolicy;

use crate::change::Change;
use crate::command::{AclPolicyUpsert, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &AclPolicyUpsert) -> Reply {
    for policy in &command.policies {
        let known = tables.acl_policies.rows.get(&policy.name);
        let create_index = known.map_or(cx.index, |known| known.create_index);
        tables.put_acl_policy(cx, AclPolicy { create_index, modify_index: cx.index, ..policy.clone() });
    }
    Reply::Done
}
