//! What the cluster as it is now has to say about a job that somebody hands in: a hint before the log, where `apply`
//! judges it again.

use muster_ids::{Namespace, NodeId, NodePool};
use muster_jobspec::JobInput;
use muster_model::{Job, Overrides};
use muster_state::Snapshot;
use muster_state::command::Refusal;

use crate::http::dispatch::Write;
use crate::sight::Sight;

/// A job that names no pool gets that of its namespace.
pub(super) fn fill_pool(write: &Write<'_>, input: &mut JobInput, namespace: &Namespace) {
    if input.node_pool.as_deref().is_some_and(|pool| !pool.is_empty()) {
        return;
    }
    let snapshot = write.shared.consensus.snapshot();
    if let Some(pool) = snapshot.namespace(namespace).and_then(|details| details.pools.default.clone()) {
        input.node_pool = Some(pool.to_string());
    }
}

/// Whether the job's namespace is there and has nothing against it. A pool that the caller may not know of is answered
/// for as one that is not there.
pub(super) fn judge(write: &Write<'_>, job: &Job) -> Result<(), Refusal> {
    let snapshot = write.shared.consensus.snapshot();
    let Some(details) = snapshot.namespace(&job.namespace) else {
        return Err(Refusal::NamespaceMissing { job: job.id.clone(), namespace: job.namespace.clone() });
    };
    if !may_name(write, &snapshot, &job.node_pool) {
        return Err(Refusal::NodePoolMissing { job: job.id.clone(), pool: job.node_pool.clone() });
    }
    let objections = details.objections(job);
    if objections.is_empty() { Ok(()) } else { Err(Refusal::NamespaceForbids { objections }) }
}

/// The same for what a dispatch of the job sets.
pub(super) fn judge_overrides(write: &Write<'_>, job: &Job, overrides: &Overrides) -> Result<(), Refusal> {
    let snapshot = write.shared.consensus.snapshot();
    let sight = Sight::of(write.grant, &snapshot);
    let missing = |id: NodeId| snapshot.node(id).is_none_or(|node| !sight.shows_pool(&node.pool));
    if let Some(node) = overrides.nodes.iter().find(|id| missing(**id)) {
        return Err(Refusal::DispatchNodeMissing { node: *node });
    }
    match overrides.node_pool.as_ref().filter(|pool| !sight.shows_pool(pool)) {
        Some(pool) => Err(Refusal::NodePoolMissing { job: job.id.clone(), pool: pool.clone() }),
        None => Ok(()),
    }
}

/// What exists and is not shown is not there; what does not exist, `apply` says.
fn may_name(write: &Write<'_>, snapshot: &Snapshot, pool: &NodePool) -> bool {
    let exists = snapshot.node_pools().any(|known| known == pool);
    let sight = Sight::of(write.grant, snapshot);
    sight.shows_pool(pool) && (exists || !sight.is_confined())
}
