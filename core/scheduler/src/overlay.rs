//! What plans in flight will take from nodes, for workers whose snapshot does not show it yet.
//!
//! Only placements count. A plan's stops free nothing for others: `apply` frees resources when the node reports
//! the end.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::FixedState;
use muster_ids::{AllocId, EvalId, NodeId};
use muster_model::{Group, JobKey, Placement, Plan, Resources};
use muster_state::Snapshot;
use smallvec::SmallVec;

/// The sum of some plans' placements, by node.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    plans: BTreeMap<EvalId, Vec<Taken>>,
    /// For look-up only; never iterated.
    nodes: HashMap<NodeId, NodeTaken, FixedState>,
}

/// What is taken of one node.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeTaken {
    pub resources: Resources,
    pub ports: SmallVec<[u16; 4]>,
    /// Allocations that make room.
    pub evicted: SmallVec<[AllocId; 2]>,
}

#[derive(Clone, Debug)]
struct Taken {
    node: NodeId,
    resources: Resources,
    ports: SmallVec<[u16; 2]>,
    evicted: SmallVec<[AllocId; 2]>,
}

impl Overlay {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what a plan will take. The snapshot says what the plan's job asks for; a job that it does not show
    /// cannot be counted, which costs at most a refused placement. An earlier plan of the same evaluation is
    /// replaced.
    pub fn add(&mut self, plan: &Plan, snapshot: &Snapshot) {
        self.remove(plan.eval_id);
        let key = JobKey { namespace: plan.namespace.clone(), id: plan.job_id.clone() };
        let Some(job) = snapshot.job_version(&key, plan.job_version).or_else(|| snapshot.job(&key)) else {
            return;
        };
        let asks: Vec<Resources> = job.groups.iter().map(Group::ask).collect();
        let taken: Vec<Taken> = plan
            .placements
            .iter()
            .map(|placement| Taken {
                node: placement.node_id,
                resources: beyond(ask_of(placement, &asks, &key, snapshot), placement, snapshot),
                ports: placement.ports.iter().map(|port| port.value).collect(),
                evicted: placement.preempts.iter().copied().collect(),
            })
            .collect();
        for one in &taken {
            let node = self.nodes.entry(one.node).or_default();
            node.resources = node.resources.plus(one.resources);
            node.ports.extend_from_slice(&one.ports);
            node.evicted.extend_from_slice(&one.evicted);
        }
        self.plans.insert(plan.eval_id, taken);
    }

    /// Takes a plan out again: snapshots show it now, or it was refused.
    pub fn remove(&mut self, eval: EvalId) {
        for one in self.plans.remove(&eval).unwrap_or_default() {
            let Some(node) = self.nodes.get_mut(&one.node) else { continue };
            node.resources = node.resources.minus(one.resources);
            for port in one.ports {
                if let Some(position) = node.ports.iter().position(|taken| *taken == port) {
                    node.ports.swap_remove(position);
                }
            }
            node.evicted.retain(|id| !one.evicted.contains(id));
            if node.resources == Resources::default() && node.ports.is_empty() && node.evicted.is_empty() {
                self.nodes.remove(&one.node);
            }
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plans.is_empty()
    }

    pub(crate) fn of(&self, node: NodeId) -> Option<&NodeTaken> {
        if self.nodes.is_empty() { None } else { self.nodes.get(&node) }
    }
}

/// What a placement asks for: of the plan's version of the job, or of the older one that it names.
fn ask_of(placement: &Placement, asks: &[Resources], key: &JobKey, snapshot: &Snapshot) -> Resources {
    let position = usize::from(placement.group);
    let ask = match placement.job_version {
        None => asks.get(position).copied(),
        Some(version) => {
            let group = snapshot.job_version(key, version).and_then(|job| job.groups.get(position));
            group.map(Group::ask)
        }
    };
    ask.unwrap_or_default()
}

/// What a placement takes beyond the place of those that make room for it.
fn beyond(ask: Resources, placement: &Placement, snapshot: &Snapshot) -> Resources {
    let victims = placement.preempts.iter().filter_map(|id| snapshot.alloc(*id));
    let place = victims.fold(Resources::default(), |sum, victim| sum.plus(victim.resources()));
    ask.minus(place.least(ask))
}
