//! When something last changed, for blocking queries.

use muster_ids::Index;

use super::Snapshot;
use crate::watch::WatchKey;

impl Snapshot {
    /// The index at which what the key watches last changed, its deletion included. For what does not exist it is the
    /// index of the whole table, which is at least that of any deletion. Survives restarts.
    #[must_use]
    pub fn watch_index(&self, key: &WatchKey) -> Index {
        let (tables, meta) = (&*self.tables, &self.tables.meta);
        match key {
            WatchKey::Jobs => meta.jobs,
            WatchKey::Job(key) => tables.jobs.get(key).map_or(meta.jobs, |row| row.job_index),
            WatchKey::JobAllocs(key) => tables.jobs.get(key).map_or(meta.allocs, |row| row.allocs_index),
            WatchKey::JobEvals(key) => tables.jobs.get(key).map_or(meta.evals, |row| row.evals_index),
            WatchKey::Nodes => meta.nodes,
            WatchKey::Node(id) => self.node(*id).map_or(meta.nodes, |node| node.modify_index),
            WatchKey::NodeAllocs(id) => {
                tables.node_slot(*id).map_or(meta.allocs, |(_, row)| row.allocs_index)
            }
            WatchKey::Allocs => meta.allocs,
            WatchKey::Alloc(id) => self.alloc(*id).map_or(meta.allocs, |alloc| alloc.modify_index),
            WatchKey::Evals => meta.evals,
            WatchKey::Eval(id) => self.eval(*id).map_or(meta.evals, |eval| eval.modify_index),
            WatchKey::EvalAllocs(id) => tables.evals.get(*id).map_or(meta.allocs, |row| row.allocs_index),
            WatchKey::Deployments => meta.deployments,
            WatchKey::Deployment(id) => {
                self.deployment(*id).map_or(meta.deployments, |deployment| deployment.modify_index)
            }
            WatchKey::JobDeployments(key) => {
                tables.jobs.get(key).map_or(meta.deployments, |row| row.deployments_index)
            }
            WatchKey::NodePools => meta.node_pools,
            WatchKey::NodePool(name) => tables.pools.changed(name).unwrap_or(meta.node_pools),
            WatchKey::Namespaces => meta.namespaces,
            WatchKey::Namespace(name) => {
                self.namespace(name).map_or(meta.namespaces, |details| details.modify_index)
            }
            WatchKey::ScalingPolicies => meta.scaling_policies,
            WatchKey::SchedulerConfig => {
                tables.scheduler.config.as_ref().map_or(Index::ZERO, |config| config.modify_index)
            }
            WatchKey::RootKeys => meta.root_keys,
            WatchKey::AclTokens => meta.acl_tokens,
            WatchKey::AclToken(id) => self.acl_token(*id).map_or(meta.acl_tokens, |token| token.modify_index),
            WatchKey::AclPolicies => meta.acl_policies,
            WatchKey::AclPolicy(name) => {
                self.acl_policy(name.as_str()).map_or(meta.acl_policies, |policy| policy.modify_index)
            }
            WatchKey::AclRoles => meta.acl_roles,
            WatchKey::AclRole(id) => self.acl_role(*id).map_or(meta.acl_roles, |role| role.modify_index),
        }
    }
}
