//! Indexes that blocking queries wait for.

use muster_ids::Index;

use super::{Violation, require};
use crate::snapshot::Snapshot;
use crate::watch::WatchKey;

pub(super) fn no_index_is_in_the_future(snapshot: &Snapshot) -> Result<(), Violation> {
    let now = snapshot.index();
    for key in keys(snapshot) {
        let index = snapshot.watch_index(&key);
        require(index <= now, "no_index_is_in_the_future", || format!("{key:?}: {index} at {now}"))?;
    }
    Ok(())
}

/// What vanishes falls back to its table's index, which therefore must never be behind a row's.
pub(super) fn tables_cover_their_rows(snapshot: &Snapshot) -> Result<(), Violation> {
    for key in keys(snapshot) {
        let table = match &key {
            WatchKey::Jobs | WatchKey::Job(_) => WatchKey::Jobs,
            WatchKey::Nodes | WatchKey::Node(_) => WatchKey::Nodes,
            WatchKey::Evals | WatchKey::Eval(_) | WatchKey::JobEvals(_) => WatchKey::Evals,
            WatchKey::Deployments | WatchKey::Deployment(_) | WatchKey::JobDeployments(_) => {
                WatchKey::Deployments
            }
            WatchKey::NodePools | WatchKey::NodePool(_) => WatchKey::NodePools,
            WatchKey::Namespaces | WatchKey::Namespace(_) => WatchKey::Namespaces,
            WatchKey::SchedulerConfig => WatchKey::SchedulerConfig,
            WatchKey::RootKeys => WatchKey::RootKeys,
            WatchKey::AclTokens | WatchKey::AclToken(_) => WatchKey::AclTokens,
            WatchKey::AclPolicies | WatchKey::AclPolicy(_) => WatchKey::AclPolicies,
            WatchKey::AclRoles | WatchKey::AclRole(_) => WatchKey::AclRoles,
            WatchKey::ScalingPolicies => WatchKey::ScalingPolicies,
            WatchKey::Allocs
            | WatchKey::Alloc(_)
            | WatchKey::JobAllocs(_)
            | WatchKey::NodeAllocs(_)
            | WatchKey::EvalAllocs(_) => WatchKey::Allocs,
        };
        let (row, table) = (snapshot.watch_index(&key), snapshot.watch_index(&table));
        require(row <= table, "tables_cover_their_rows", || format!("{key:?}: {row} over {table}"))?;
    }
    for alloc in snapshot.allocs() {
        covers(snapshot, &WatchKey::JobAllocs(alloc.job.key()), alloc.modify_index)?;
        covers(snapshot, &WatchKey::NodeAllocs(alloc.node_id), alloc.modify_index)?;
        covers(snapshot, &WatchKey::EvalAllocs(alloc.eval_id), alloc.modify_index)?;
    }
    for deployment in snapshot.deployments() {
        covers(snapshot, &WatchKey::JobDeployments(deployment.job_key()), deployment.modify_index)?;
    }
    snapshot
        .evals()
        .try_for_each(|eval| covers(snapshot, &WatchKey::JobEvals(eval.job_key()), eval.modify_index))
}

fn covers(snapshot: &Snapshot, key: &WatchKey, part: Index) -> Result<(), Violation> {
    let index = snapshot.watch_index(key);
    require(index >= part, "tables_cover_their_rows", || format!("{key:?}: {index} behind {part}"))
}

/// Every key of something that exists, and every table.
fn keys(snapshot: &Snapshot) -> impl Iterator<Item = WatchKey> {
    use WatchKey::{
        AclPolicies, AclPolicy, AclRole, AclRoles, AclToken, AclTokens, Alloc, Allocs, Deployment,
        Deployments, Eval, EvalAllocs, Evals, Job, JobAllocs, JobDeployments, JobEvals, Jobs, Namespace,
        Namespaces, Node, NodeAllocs, NodePool, NodePools, Nodes, RootKeys, ScalingPolicies, SchedulerConfig,
    };
    let jobs = snapshot.tables.jobs.ids.keys();
    let jobs = jobs.flat_map(|key| {
        [Job(key.clone()), JobAllocs(key.clone()), JobEvals(key.clone()), JobDeployments(key.clone())]
    });
    let nodes = snapshot.nodes().flat_map(|node| [Node(node.id), NodeAllocs(node.id)]);
    let evals = snapshot.evals().flat_map(|eval| [Eval(eval.id), EvalAllocs(eval.id)]);
    let rest = snapshot.allocs().map(|alloc| Alloc(alloc.id));
    let rest = rest.chain(snapshot.node_pools().map(|pool| NodePool(pool.clone())));
    let rest = rest.chain(snapshot.namespaces().map(|details| Namespace(details.name.clone())));
    let rest = rest.chain(snapshot.acl_tokens().map(|token| AclToken(token.accessor)));
    let rest = rest.chain(snapshot.acl_policies().map(|policy| AclPolicy(policy.name.clone())));
    let rest = rest.chain(snapshot.acl_roles().map(|role| AclRole(role.id)));
    let rest = rest.chain(snapshot.deployments().map(|deployment| Deployment(deployment.id)));
    let tables = [
        Jobs,
        Nodes,
        Evals,
        Allocs,
        NodePools,
        Namespaces,
        SchedulerConfig,
        AclTokens,
        AclPolicies,
        AclRoles,
        Deployments,
        RootKeys,
        ScalingPolicies,
    ];
    tables.into_iter().chain(jobs).chain(nodes).chain(evals).chain(rest)
}
