//! What is known of tokens, policies and roles is found by everything that leads to it, and by nothing else.

use super::{Violation, require};
use crate::tables::Tables;

pub(super) fn tokens_are_indexed(tables: &Tables) -> Result<(), Violation> {
    let table = &tables.acl_tokens;
    let holds = table.rows.len() == table.by_secret.len()
        && table.rows.iter().all(|(accessor, record)| {
            record.token.accessor == *accessor && table.by_secret.get(&record.secret_hash) == Some(accessor)
        });
    require(holds, "acl_tokens_are_indexed", || {
        format!("{} tokens, {} secrets", table.rows.len(), table.by_secret.len())
    })
}

pub(super) fn policies_are_indexed(tables: &Tables) -> Result<(), Violation> {
    let table = &tables.acl_policies;
    let bound = table.rows.values().filter(|policy| policy.job.is_some()).count();
    let holds = bound == table.bound.len()
        && table.rows.iter().all(|(name, policy)| {
            let found = |namespace: &_| table.bound.contains(&(Clone::clone(namespace), name.clone()));
            policy.name == *name && policy.job.as_ref().is_none_or(|job| found(&job.namespace))
        });
    require(holds, "acl_policies_are_indexed", || {
        format!("{} policies, {bound} bound, {} listed", table.rows.len(), table.bound.len())
    })
}

pub(super) fn roles_are_indexed(tables: &Tables) -> Result<(), Violation> {
    let table = &tables.acl_roles;
    let holds = table.rows.len() == table.by_name.len()
        && table.rows.iter().all(|(id, role)| {
            role.id == *id && table.by_name.get(&role.name) == Some(id) && !role.policies.is_empty()
        });
    require(holds, "acl_roles_are_indexed", || {
        format!("{} roles, {} names", table.rows.len(), table.by_name.len())
    })
}

/// No secret outlives what it opens.
pub(super) fn one_time_tokens_have_their_token(tables: &Tables) -> Result<(), Violation> {
    let table = &tables.one_time_tokens;
    let holds = table.rows.len() == table.by_secret.len()
        && table.rows.iter().all(|(accessor, token)| {
            token.accessor == *accessor
                && table.by_secret.get(&token.secret_hash) == Some(accessor)
                && tables.acl_tokens.rows.contains_key(accessor)
        });
    require(holds, "one_time_tokens_have_their_token", || {
        format!("{} tokens, {} secrets", table.rows.len(), table.by_secret.len())
    })
}
