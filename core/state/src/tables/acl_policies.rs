//! ACL policies by name, and those that are bound to workloads by namespace.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use muster_ids::{Namespace, PolicyName};
use muster_model::AclPolicy;

use super::Tables;
use crate::change::Change;
use crate::command::Event;
use crate::hash::hash_row;
use crate::rows::RowKind;
use crate::watch::WatchKey;

#[derive(Clone, Debug, Default)]
pub(crate) struct AclPolicyTable {
    pub(crate) rows: OrdMap<PolicyName, Arc<AclPolicy>>,
    /// Policies that workloads of a namespace may have.
    pub(crate) bound: OrdSet<(Namespace, PolicyName)>,
}

pub(crate) fn policy_hash(policy: &AclPolicy) -> u64 {
    hash_row(RowKind::AclPolicy, policy)
}

fn binding(policy: &AclPolicy) -> Option<(Namespace, PolicyName)> {
    policy.job.as_ref().map(|job| (job.namespace.clone(), policy.name.clone()))
}

impl Tables {
    /// Adds the policy or replaces the one of its name.
    pub(crate) fn put_acl_policy(&mut self, cx: &mut Change, policy: AclPolicy) {
        let policy = Arc::new(policy);
        cx.events.push(Event::AclPolicyUpserted(Arc::clone(&policy)));
        self.touch_acl_policy(cx, policy.name.clone());
        self.load_acl_policy(policy);
    }

    pub(crate) fn load_acl_policy(&mut self, policy: Arc<AclPolicy>) {
        let new = policy_hash(&policy);
        let bound = binding(&policy);
        let old = self.acl_policies.rows.insert(policy.name.clone(), policy);
        if let Some(before) = old.as_deref().and_then(binding) {
            self.acl_policies.bound.remove(&before);
        }
        self.acl_policies.bound.extend(bound);
        self.rehash(old.map_or(0, |old| policy_hash(&old)), new);
    }

    pub(crate) fn remove_acl_policy(&mut self, cx: &mut Change, name: &PolicyName) {
        let Some(old) = self.acl_policies.rows.remove(name) else { return };
        if let Some(before) = binding(&old) {
            self.acl_policies.bound.remove(&before);
        }
        self.rehash(policy_hash(&old), 0);
        cx.events.push(Event::AclPolicyDeleted(old));
        self.touch_acl_policy(cx, name.clone());
    }

    fn touch_acl_policy(&mut self, cx: &mut Change, name: PolicyName) {
        self.meta.acl_policies = cx.index;
        cx.changed.add(WatchKey::AclPolicy(name));
        cx.changed.add(WatchKey::AclPolicies);
    }
}
