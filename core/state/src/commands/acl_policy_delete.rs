//! Policies are taken away. Links to them stay and grant nothing.

use crate::change::Change;
use crate::command::{AclPolicyDelete, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &AclPolicyDelete) -> Reply {
    for name in &command.names {
        tables.remove_acl_policy(cx, name);
    }
    Reply::Done
}
