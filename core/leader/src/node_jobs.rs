//! Which jobs a node concerns.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_model::{Job, JobKey, Node};
use muster_state::Snapshot;

/// Jobs with allocations on the node that have not ended, and jobs that run on every node of its pool, by key.
/// Whether one of the latter can run there is the scheduler's business.
#[must_use]
pub fn jobs_of_node(snapshot: &Snapshot, node: &Node) -> Vec<Arc<Job>> {
    let mut found: BTreeMap<JobKey, Arc<Job>> = BTreeMap::new();
    for alloc in snapshot.allocs_by_node(node.id).filter(|alloc| !alloc.client_terminal()) {
        let key = alloc.job.key();
        let newest = snapshot.job(&key).unwrap_or(&alloc.job);
        found.insert(key, Arc::clone(newest));
    }
    let everywhere = snapshot.jobs().filter(|job| {
        job.kind.is_per_node()
            && !job.stop
            && !job.makes_children()
            && (job.node_pool.is_all() || job.node_pool == node.pool)
            && snapshot.namespace(&job.namespace).is_some_and(|own| own.pools.allows_node(&node.pool))
            && node.accepts_namespace(&job.namespace)
    });
    found.extend(everywhere.map(|job| (job.key(), Arc::clone(job))));
    found.into_values().collect()
}
