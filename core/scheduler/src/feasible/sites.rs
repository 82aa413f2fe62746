//! Where a job may run at all, whatever it asks for.

use muster_model::{Job, Node, PoolBinding, glob_matches};
use muster_state::Snapshot;

/// The datacenters and the node pool that a job names, as far as its namespace may use them and nodes take its work. A
/// node that is elsewhere is as good as absent: it is in no count of what was looked at.
#[derive(Clone, Copy, Debug)]
pub struct Sites<'a> {
    job: &'a Job,
    /// `None` when the job's namespace is gone: then it may run nowhere.
    pools: Option<&'a PoolBinding>,
}

impl<'a> Sites<'a> {
    pub fn new(job: &'a Job, snapshot: &'a Snapshot) -> Self {
        Self { job, pools: snapshot.namespace(&job.namespace).map(|namespace| &namespace.pools) }
    }

    pub fn include(&self, node: &Node) -> bool {
        self.in_pool(node) && self.in_datacenter(node)
    }

    pub fn in_pool(&self, node: &Node) -> bool {
        (self.job.node_pool.is_all() || self.job.node_pool == node.pool)
            && self.pools.is_some_and(|pools| pools.allows_node(&node.pool))
            && node.accepts_namespace(&self.job.namespace)
    }

    pub fn in_datacenter(&self, node: &Node) -> bool {
        self.job.datacenters.iter().any(|glob| glob_matches(glob.as_str(), node.datacenter.as_str()))
    }
}
