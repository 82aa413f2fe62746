//! Whether each placement still fits. What the plan stops frees nothing: it ends when its node says so.
//!
//! A node that did not change since the plan's snapshot was judged by the scheduler itself and is not judged again.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::FixedState;
use muster_ids::{AllocId, Index, NodeId, NodePool};
use muster_model::planted::{self, Plant};
use muster_model::{Alloc, Group, Job, Placement, Plan, PreemptionConfig, Resources, Share, Taken, Thing};

use crate::columns::NodeSlot;
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
    taken: Taken,
    freed: Taken,
}

impl Judge<'_> {
    fn one(&mut self, placement: &Placement) -> Verdict {
        let Some(ask) = self.ask_of(placement) else { return Verdict::Refused };
        let share = Share::new(ask, &placement.ports, placement.allotted.as_deref());
        let Some((slot, node)) = self.tables.node_slot(placement.node_id) else { return Verdict::Refused };
        let existing = self.tables.allocs.ids.get(&placement.id).copied();
        let running = existing.and_then(|slot| Some(&*self.tables.allocs.rows.get(slot)?.alloc));
        if running.is_some_and(|alloc| !self.may_go_on(alloc, placement)) {
            return Verdict::Refused;
        }
        if running.is_none() && !self.may_run_in(&node.node().pool) {
            return Verdict::Refused;
        }
        let Some(mut place) = self.place_taken(slot, placement, share.resources) else {
            return Verdict::Refused;
        };
        // One that still waits for others to end keeps waiting for what they hold when it is updated.
        for earlier in running.into_iter().flat_map(|alloc| self.tables.all_living_victims(alloc)) {
            place.add(Share { resources: Resources::default(), ..earlier.share() });
        }
        // A snapshot that is not in the past proves nothing, and what others do about those that are to make room
        // leaves no mark on the node.
        let changed = node.changed_index() > self.plan.snapshot_index
            || self.plan.snapshot_index >= self.index
            || !placement.preempts.is_empty();
        let judged = changed && !planted::is(Plant::PlansUnjudged);
        if judged && !self.fits(slot, node, placement, share, running, &place) {
            self.crowded.push(placement.node_id);
            return Verdict::Refused;
        }
        debug_assert!(
            changed || self.fits(slot, node, placement, share, running, &place),
            "placement {} does not fit on the unchanged node {}",
            placement.id,
            placement.node_id
        );
        if changed || cfg!(debug_assertions) {
            let resources = share.resources.minus(place.resources);
            self.count_taken(slot, Share { resources, ..share }, running);
            self.claimed.extend(&placement.preempts);
        }
        match existing {
            Some(alloc) => Verdict::InPlace { alloc },
            None => Verdict::Place { node: slot },
        }
    }

    /// What the placement takes: of the plan's version of the job, or of the older one that it names.
    fn ask_of(&self, placement: &Placement) -> Option<Resources> {
        match placement.job_version {
            None => self.asks.get(usize::from(placement.group)).copied(),
            Some(_) => self.group_of(placement).map(Group::ask),
        }
    }

    /// Whether the job's namespace may use this pool, as it is bound now.
    fn may_run_in(&self, pool: &NodePool) -> bool {
        let namespace = self.tables.namespaces.rows.get(&self.job.namespace);
        namespace.is_some_and(|namespace| namespace.pools.allows_node(pool))
    }

    fn group_of(&self, placement: &Placement) -> Option<&Group> {
        let position = usize::from(placement.group);
        let Some(version) = placement.job_version else { return self.job.groups.get(position) };
        self.older(version)?.groups.get(position)
    }

    fn older(&self, version: u64) -> Option<&Job> {
        let older = &self.tables.jobs.get(&self.job.key())?.version(version)?.job;
        (older.create_index == self.job.create_index && !older.stop).then_some(&**older)
    }

    /// What those that make room for the placement share with it. `None` when one of them may not be made to.
    fn place_taken(&self, node: u32, placement: &Placement, ask: Resources) -> Option<Taken> {
        let mut place = Taken::default();
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
            place.add(row.alloc.share());
            // One that waits itself can only end after those it waits for, so what they hold is free by then, too.
            for earlier in self.tables.all_living_victims(&row.alloc) {
                place.add(Share { resources: Resources::default(), ..earlier.share() });
            }
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
        share: Share<'_>,
        running: Option<&Alloc>,
        place: &Taken,
    ) -> bool {
        let none = Load::default();
        let load = self.loads.get(&slot).unwrap_or(&none);
        let mut own = Taken::default();
        if let Some(alloc) = running {
            own.add(alloc.share());
        }
        let total = node.used().plus(load.taken.resources).plus(share.resources);
        let total = total.minus(load.freed.resources).minus(own.resources).minus(place.resources);
        // What it has now it may keep, even where the node would not give it again: it may have shrunk since.
        let keeps = running.is_some() && share.resources.exhausted_in(own.resources).is_none();
        let free = |thing: &Thing| {
            let others = node.taken().holders(thing) + load.taken.holders(thing);
            let gone = load.freed.holders(thing) + own.holders(thing) + place.holders(thing);
            (node.offers(thing) || own.holders(thing) > 0)
                && (others <= gone || self.may_be_shared(placement, thing))
        };
        (running.is_some() || node.accepts_work())
            && (keeps || total.exhausted_in(node.allocatable()).is_none())
            && share.things().all(|thing| free(&thing))
            && self.asks_nothing_twice(placement, share)
    }

    /// A port whose group says that others may have it, too.
    fn may_be_shared(&self, placement: &Placement, thing: &Thing) -> bool {
        let Thing::Port { port, .. } = thing else { return false };
        let requests = self.group_of(placement).map_or(&[] as &[_], Group::port_requests);
        let mut given = requests.iter().zip(&placement.ports).filter(|(_, given)| given.value == *port);
        given.any(|(request, _)| request.ignore_collision)
    }

    fn asks_nothing_twice(&self, placement: &Placement, share: Share<'_>) -> bool {
        let mut things: Vec<Thing> =
            share.things().filter(|thing| !self.may_be_shared(placement, thing)).collect();
        things.sort_unstable();
        things.is_sorted_by(|one, next| one < next)
    }

    fn count_taken(&mut self, slot: u32, share: Share<'_>, running: Option<&Alloc>) {
        let load = self.loads.entry(slot).or_default();
        load.taken.add(share);
        if let Some(alloc) = running {
            load.freed.add(alloc.share());
        }
    }
}
