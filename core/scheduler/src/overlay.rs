//! What plans in flight will take from nodes, for workers whose snapshot does not show it yet.
//!
//! Only placements count. A plan's stops free nothing for others: `apply` frees resources when the node reports
//! the end.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use foldhash::fast::FixedState;
use muster_ids::{AllocId, EvalId, NodeId};
use muster_model::{AllocatedPort, Allotment, Group, JobKey, Placement, Plan, Resources, Share, Taken};
use muster_state::Snapshot;
use smallvec::SmallVec;

/// The sum of some plans' placements, by node.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    plans: BTreeMap<EvalId, Vec<InFlight>>,
    /// For look-up only; never iterated.
    nodes: HashMap<NodeId, Taken, FixedState>,
    /// Allocations that make room for some placement.
    evicted: BTreeSet<AllocId>,
}

/// A placement of a plan in flight.
#[derive(Clone, Debug)]
struct InFlight {
    node: NodeId,
    ask: Resources,
    ports: SmallVec<[AllocatedPort; 2]>,
    allotted: Option<Arc<Allotment>>,
    /// Allocations that make room, and how much of their place it takes over.
    evicts: SmallVec<[AllocId; 2]>,
    taken_over: Resources,
}

impl InFlight {
    fn share(&self) -> Share<'_> {
        let mut share = Share::new(self.ask, &self.ports, self.allotted.as_deref());
        share.resources = share.resources.minus(self.taken_over);
        share
    }
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
        let placements = plan.placements.iter().map(|placement| {
            let ask = ask_of(placement, &asks, &key, snapshot);
            let whole = Share::new(ask, &placement.ports, placement.allotted.as_deref()).resources;
            InFlight {
                node: placement.node_id,
                ask,
                ports: placement.ports.clone(),
                allotted: placement.allotted.clone(),
                evicts: placement.preempts.iter().copied().collect(),
                taken_over: place_of(placement, snapshot).least(whole),
            }
        });
        let placements: Vec<InFlight> = placements.collect();
        for one in &placements {
            self.nodes.entry(one.node).or_default().add(one.share());
            self.evicted.extend(&one.evicts);
        }
        self.plans.insert(plan.eval_id, placements);
    }

    /// Takes a plan out again: snapshots show it now, or it was refused.
    pub fn remove(&mut self, eval: EvalId) {
        for one in self.plans.remove(&eval).unwrap_or_default() {
            for id in &one.evicts {
                self.evicted.remove(id);
            }
            let Some(node) = self.nodes.get_mut(&one.node) else { continue };
            node.remove(one.share());
            if node.is_empty() {
                self.nodes.remove(&one.node);
            }
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.plans.is_empty()
    }

    pub(crate) fn is_evicted(&self, alloc: AllocId) -> bool {
        self.evicted.contains(&alloc)
    }

    pub(crate) fn of(&self, node: NodeId) -> Option<&Taken> {
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

/// What those that make room for a placement have.
fn place_of(placement: &Placement, snapshot: &Snapshot) -> Resources {
    let victims = placement.preempts.iter().filter_map(|id| snapshot.alloc(*id));
    victims.fold(Resources::default(), |sum, victim| sum.plus(victim.resources()))
}
