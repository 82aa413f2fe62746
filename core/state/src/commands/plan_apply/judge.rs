//! Whether each placement still fits.
//!
//! A node that did not change since the plan's snapshot was judged by the scheduler itself and is not judged again.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::FixedState;
use muster_ids::{AllocId, Index, NodeId};
use muster_model::{Alloc, Group, Job, Placement, Plan, PreemptionConfig, Resources};

use crate::columns::{NodeSlot, taken_ports};
use crate::occupancy::holds_resources;
use crate::tables::Tables;

/// What becomes of a placement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A new allocation on the node in this slot.
    Place {
        node: u32,
    },
    /// The allocation in this slot goes on, for this version of its job.
    InPlace {
        alloc: u32,
    },
    Refused,
}

/// One verdict a placement, in their order, and the nodes on which some did not fit. `job` is the version that the plan instantiates.
pub(super) fn judge(tables: &Tables, index: Index, plan: &Plan, job: &Job) -> (Vec<Verdict>, Vec<NodeId>) {
    let mut judge = Judge {
        tables,
        plan,
        index,
        job,
        asks: job.groups.iter().map(Group::ask).collect(),
        loads: HashMap::default(),
        crowded: Vec::new(),
        claimed: BTreeSet::new(),
    };
    judge.count_freed();
    let verdicts = plan.placements.iter().map(|placement| judge.one(placement)).collect();
    (verdicts, judge.crowded)
}

struct Judge<'a> {
    tables: &'a Tables,
    plan: &'a Plan,
    index: Index,
    job: &'a Job,
    /// By group.
    asks: Vec<Resources>,
    /// What the plan itself does to nodes, by slot. For look-up only; never iterated.
    loads: HashMap<u32, Load, FixedState>,
    crowded: Vec<NodeId>,
    /// Allocations whose place a placement of the plan takes.
    claimed: BTreeSet<AllocId>,
}

#[derive(Default)]
struct Load {
    taken: Resources,
    freed: Resources,
    taken_ports: Vec<u16>,
    freed_ports: Vec<u16>,
}

/// What is taken over from allocations that make room.
#[derive(Default)]
struct Place {
    resources: Resources,
    ports: Vec<u16>,
}

impl Judge<'_> {
    /// Stops free something only where the plan also says that the allocation has ended.
    fn count_freed(&mut self) {
        let ending =
            self.plan.stops.iter().filter(|stop| stop.client_status.is_some_and(|s| s.is_terminal()));
        for row in ending.filter_map(|stop| self.tables.allocs.get(stop.id)) {
            if holds_resources(&row.alloc) {
                let load = self.loads.entry(row.owners.node).or_default();
                load.freed = load.freed.plus(row.alloc.resources());
                load.freed_ports.extend(taken_ports(&row.alloc.ports));
            }
        }
    }

    fn one(&mut self, placement: &Placement) -> Verdict {
        let Some(ask) = self.ask_of(placement) else { return Verdict::Refused };
        let Some((slot, node)) = self.tables.node_slot(placement.node_id) else { return Verdict::Refused };
        let existing = self.tables.allocs.ids.get(&placement.id).copied();
        let running = existing.and_then(|slot| Some(&*self.tables.allocs.rows.get(slot)?.alloc));
        if running.is_some_and(|alloc| !self.may_go_on(alloc, placement)) {
            return Verdict::Refused;
        }
        let Some(place) = self.place_taken(slot, placement, ask) else { return Verdict::Refused };
        // A snapshot that is not in the past proves nothing, and what others do about those that are to make room
        // leaves no mark on the node.
        let changed = node.changed_index() > self.plan.snapshot_index
            || self.plan.snapshot_index >= self.index
            || !placement.preempts.is_empty();
        if changed && !self.fits(slot, node, placement, ask, running, &place) {
            self.crowded.push(placement.node_id);
            return Verdict::Refused;
        }
        debug_assert!(
            changed || self.fits(slot, node, placement, ask, running, &place),
            "placement {} does not fit on the unchanged node {}",
            placement.id,
            placement.node_id
        );
        if changed || cfg!(debug_assertions) {
            self.count_taken(slot, placement, ask.minus(place.resources), running);
            self.claimed.extend(&placement.preempts);
        }
        match existing {
            Some(alloc) => Verdict::InPlace { alloc },
            None => Verdict::Place { node: slot },
        }
    }

    /// What the placement takes: of the plan's version of the job, or of the older one that it names.
    fn ask_of(&self, placement: &Placement) -> Option<Resources> {
        let position = usize::from(placement.group);
        let Some(version) = placement.job_version else { return self.asks.get(position).copied() };
        self.older(version)?.groups.get(position).map(Group::ask)
    }

    fn older(&self, version: u64) -> Option<&Job> {
        let older = &self.tables.jobs.get(&self.job.key())?.version(version)?.job;
        (older.create_index == self.job.create_index && !older.stop).then_some(&**older)
    }

    /// What those that make room for the placement share with it. `None` when one of them may not be made to.
    fn place_taken(&self, node: u32, placement: &Placement, ask: Resources) -> Option<Place> {
        let mut place = Place::default();
        let older = placement.job_version.and_then(|version| self.older(version));
        let priority = older.unwrap_or(self.job).priority;
        for id in &placement.preempts {
            let Some(row) = self.tables.allocs.get(*id) else { continue };
            if !holds_resources(&row.alloc) {
                continue;
            }
            if row.owners.node != node || self.claimed.contains(id) || !self.may_evict(&row.alloc, priority) {
                return None;
            }
            place.resources = place.resources.plus(row.alloc.resources());
            place.ports.extend(taken_ports(&row.alloc.ports));
        }
        place.resources = place.resources.least(ask);
        Some(place)
    }

    /// Only wanted work of jobs that are less important by far is made to make room.
    fn may_evict(&self, alloc: &Alloc, priority: u16) -> bool {
        let own = alloc.job.id == self.job.id && alloc.job.namespace == self.job.namespace;
        !own && !alloc.server_terminal() && PreemptionConfig::is_above(priority, alloc.job.priority)
    }

    /// A placement of an id that exists updates that allocation, if it is this job's, wanted and where it was.
    fn may_go_on(&self, alloc: &Alloc, placement: &Placement) -> bool {
        alloc.node_id == placement.node_id
            && !alloc.terminal()
            && alloc.job.id == self.job.id
            && alloc.job.namespace == self.job.namespace
            && alloc.job.create_index == self.job.create_index
    }

    fn fits(
        &self,
        slot: u32,
        node: &NodeSlot,
        placement: &Placement,
        ask: Resources,
        running: Option<&Alloc>,
        place: &Place,
    ) -> bool {
        let none = Load::default();
        let load = self.loads.get(&slot).unwrap_or(&none);
        let before = running.map(Alloc::resources).unwrap_or_default();
        let total =
            node.used().plus(load.taken).plus(ask).minus(load.freed).minus(before).minus(place.resources);
        let port_free = |port: u16| {
            let own = running.is_some_and(|alloc| taken_ports(&alloc.ports).any(|taken| taken == port));
            let free = node.port_free(port)
                || own
                || load.freed_ports.contains(&port)
                || place.ports.contains(&port);
            free && !load.taken_ports.contains(&port) && !node.node().reserved.ports.contains(&port)
        };
        (running.is_some() || node.accepts_work())
            && total.exhausted_in(node.allocatable()).is_none()
            && taken_ports(&placement.ports).all(port_free)
    }

    fn count_taken(&mut self, slot: u32, placement: &Placement, ask: Resources, running: Option<&Alloc>) {
        let load = self.loads.entry(slot).or_default();
        load.taken = load.taken.plus(ask);
        load.freed = load.freed.plus(running.map(Alloc::resources).unwrap_or_default());
        load.taken_ports.extend(taken_ports(&placement.ports));
    }
}
