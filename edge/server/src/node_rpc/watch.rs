//! Pushes a node its allocations: the whole set first, then what servers changed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use muster_ids::{AllocId, Index, NodeId};
use muster_model::{Alloc, Job};
use muster_rpc::Opening;
use muster_rpc::messages::{AllocAssignment, AllocPush, AllocWatch};
use muster_state::{Snapshot, WatchKey};
use tokio::time::Instant;

use super::check_node;
use crate::shared::Shared;

/// A stream without changes looks at the state this often all the same.
const RECHECK: Duration = Duration::from_secs(300);

pub(super) async fn run(shared: &Shared, request: &AllocWatch, opening: Opening<AllocWatch>) {
    let node = request.node_id;
    if let Err(failure) = check_node(shared, node, &request.secret) {
        return opening.refuse(failure).await;
    }
    let Ok(mut sender) = opening.accept().await else { return };
    let keys = [WatchKey::NodeAllocs(node)];
    let mut sent = Sent::default();
    loop {
        let snapshot = shared.consensus.snapshot();
        let seen = snapshot.watch_index(&keys[0]);
        if let Some(push) = sent.next(&snapshot, node)
            && sender.send(&push).await.is_err()
        {
            return;
        }
        drop(snapshot);
        let deadline = Instant::now() + RECHECK;
        tokio::select! {
            _changed = shared.watches.changed(&keys, seen, deadline, || shared.consensus.snapshot()) => {}
            () = sender.closed() => return,
        }
    }
}

/// What the node already knows.
#[derive(Default)]
struct Sent {
    started: bool,
    allocs: HashMap<AllocId, Index>,
}

impl Sent {
    /// The next push, or `None` when servers changed nothing for this node.
    fn next(&mut self, snapshot: &Snapshot, node: NodeId) -> Option<AllocPush> {
        let current: HashMap<AllocId, &Arc<Alloc>> =
            snapshot.allocs_by_node(node).map(|alloc| (alloc.id, alloc)).collect();
        let removed: Vec<AllocId> =
            self.allocs.keys().filter(|id| !current.contains_key(id)).copied().collect();
        let changed: Vec<&Arc<Alloc>> = snapshot
            .allocs_by_node(node)
            .filter(|alloc| self.allocs.get(&alloc.id).is_none_or(|known| *known < alloc.alloc_modify_index))
            .collect();
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
        let allocs = changed.into_iter().map(|alloc| assignment(alloc, jobs.position(&alloc.job))).collect();
        Some(AllocPush { index: snapshot.index(), full, jobs: jobs.list, allocs, removed })
    }
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
        previous: alloc.previous,
        alloc_modify_index: alloc.alloc_modify_index,
        create_index: alloc.create_index,
        create_time: alloc.create_time,
    }
}
