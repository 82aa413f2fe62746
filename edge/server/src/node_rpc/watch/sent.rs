//! What a node already knows, and what to tell it next.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use muster_ids::{AllocId, Index, Namespace, NodeId};
use muster_model::{Alloc, ClientStatus, Job, PoolBinding};
use muster_rpc::messages::{AllocAssignment, AllocPush};
use muster_state::Snapshot;

#[derive(Default)]
pub(super) struct Sent {
    started: bool,
    allocs: BTreeMap<AllocId, Index>,
}

impl Sent {
    /// The next push, or `None` when servers changed nothing for this node. Allocations that have ended are listed
    /// until they are collected: only then may the node forget them.
    pub(super) fn next(&mut self, snapshot: &Snapshot, node: NodeId) -> Option<AllocPush> {
        let current: BTreeMap<AllocId, &Arc<Alloc>> =
            heard_of(snapshot, node).map(|alloc| (alloc.id, alloc)).collect();
        let removed: Vec<AllocId> =
            self.allocs.keys().filter(|id| !current.contains_key(id)).copied().collect();
        let is_news = |alloc: &&&Arc<Alloc>| {
            self.allocs.get(&alloc.id).is_none_or(|seen| *seen < alloc.alloc_modify_index)
        };
        let changed: Vec<&Arc<Alloc>> = current.values().filter(is_news).copied().collect();
        let full = !self.started;
        if !full && changed.is_empty() && removed.is_empty() {
            return None;
        }
        self.started = true;
        for id in &removed {
            self.allocs.remove(id);
        }
        self.allocs.extend(changed.iter().map(|alloc| (alloc.id, alloc.alloc_modify_index)));
        let mut jobs = Jobs::default();
        let bindings = bindings(snapshot, &changed);
        let allocs = changed.into_iter().map(|alloc| assignment(alloc, jobs.position(&alloc.job))).collect();
        Some(AllocPush { index: snapshot.index(), full, jobs: jobs.list, allocs, bindings, removed })
    }
}

/// What the node may know: not what takes the place of others that have not ended, or both would run at once.
fn heard_of(snapshot: &Snapshot, node: NodeId) -> impl Iterator<Item = &Arc<Alloc>> {
    snapshot.allocs_by_node(node).filter(|alloc| !snapshot.is_withheld(alloc))
}

/// What the node needs to see for itself that each of them may run in its pool.
fn bindings(snapshot: &Snapshot, allocs: &[&Arc<Alloc>]) -> BTreeMap<Namespace, PoolBinding> {
    let names: BTreeSet<&Namespace> = allocs.iter().map(|alloc| &alloc.job.namespace).collect();
    let found = names.into_iter().filter_map(|name| snapshot.namespace(name));
    let bound = found.filter(|details| !details.pools.is_unbound());
    bound.map(|details| (details.name.clone(), details.pools.clone())).collect()
}

/// Each job version once.
#[derive(Default)]
struct Jobs {
    list: Vec<Arc<Job>>,
    positions: HashMap<*const Job, u32>,
}

impl Jobs {
    fn position(&mut self, job: &Arc<Job>) -> u32 {
        *self.positions.entry(Arc::as_ptr(job)).or_insert_with(|| {
            self.list.push(Arc::clone(job));
            u32::try_from(self.list.len().saturating_sub(1)).unwrap_or(u32::MAX)
        })
    }
}

fn assignment(alloc: &Alloc, job: u32) -> AllocAssignment {
    AllocAssignment {
        id: alloc.id,
        eval_id: alloc.eval_id,
        namespace: alloc.job.namespace.clone(),
        job,
        group: alloc.group,
        name_index: alloc.name_index,
        desired: alloc.desired,
        transition: alloc.transition,
        ports: alloc.ports.to_vec(),
        allotted: alloc.allotted.clone(),
        previous: alloc.previous,
        deployment: alloc.deployment_id(),
        alloc_modify_index: alloc.alloc_modify_index,
        create_index: alloc.create_index,
        create_time: alloc.create_time,
        unknown: alloc.client == ClientStatus::Unknown,
    }
}
