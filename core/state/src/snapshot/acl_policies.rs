//! ACL policies, and who has them.

use std::collections::BTreeSet;
use std::sync::Arc;

use muster_ids::{GroupName, JobId, Namespace, PolicyName, TaskName, Text};
use muster_model::{AclPolicy, AclToken};

use super::Snapshot;

impl Snapshot {
    #[must_use]
    pub fn acl_policy(&self, name: &str) -> Option<&Arc<AclPolicy>> {
        self.tables.acl_policies.rows.get(name)
    }

    /// By name.
    pub fn acl_policies(&self) -> impl Iterator<Item = &Arc<AclPolicy>> {
        self.tables.acl_policies.rows.values()
    }

    /// The names of the policies that a token has, by itself and through its roles, whether they exist or not.
    #[must_use]
    pub fn acl_policy_names(&self, token: &AclToken) -> BTreeSet<Text> {
        let roles = token.roles.iter().filter_map(|role| self.acl_role(*role));
        let of_roles = roles.flat_map(|role| role.policies.iter().map(PolicyName::text));
        token.policies.iter().cloned().chain(of_roles).collect()
    }

    /// The policies that a workload has. A child is asked about under the id of its parent.
    pub fn acl_policies_of_workload<'a>(
        &'a self,
        namespace: &'a Namespace,
        job: &'a JobId,
        group: &'a GroupName,
        task: &'a TaskName,
    ) -> impl Iterator<Item = &'a Arc<AclPolicy>> {
        let table = &self.tables.acl_policies;
        // `-` sorts before everything else that a name is made of.
        let begin = PolicyName::new("-").ok().map(|name| (namespace.clone(), name));
        let bound = begin.into_iter().flat_map(|begin| table.bound.range(begin..));
        let bound = bound.take_while(move |(own, _)| own == namespace);
        let policies = bound.filter_map(|(_, name)| table.rows.get(name));
        policies.filter(move |policy| {
            policy.job.as_ref().is_some_and(|bound| bound.covers(namespace, job, group, task))
        })
    }
}
