//! Whether each placement still fits.
//!
//! A node that did not change since the plan's snapshot was judged by the scheduler itself and is not judged again.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use muster_ids::Index;
use muster_model::planted::{self, Plant};
use muster_model::{Alloc, Group, Job, Placement, Plan, Resources, Share, Taken, Thing};

use crate::columns::NodeSlot;
use crate::occupancy::{holds_resources, is_over};
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

/// One verdict a placement, in their order. `job` is the version that the plan instantiates.
pub(super) fn judge(tables: &Tables, index: Index, plan: &Plan, job: &Job) -> Vec<Verdict> {
    let mut judge = Judge {
        tables,
        plan,
        index,
        job,
        asks: job.groups.iter().map(Group::ask).collect(),
        loads: HashMap::default(),
    };
    judge.count_freed();
    plan.placements.iter().map(|placement| judge.one(placement)).collect()
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
}

#[derive(Default)]
struct Load {
    taken: Taken,
    freed: Taken,
}

impl Judge<'_> {
    /// Stops free something only where the plan also says that the allocation has ended, and is not merely lost.
    fn count_freed(&mut self) {
        let ending = self.plan.stops.iter().filter(|stop| stop.client_status.is_some_and(is_over));
        for row in ending.filter_map(|stop| self.tables.allocs.get(stop.id)) {
            if holds_resources(&row.alloc) {
                let load = self.loads.entry(row.owners.node).or_default();
                load.freed.add(row.alloc.share());
            }
        }
    }

    fn one(&mut self, placement: &Placement) -> Verdict {
        let Some(ask) = self.ask_of(placement) else { return Verdict::Refused };
        let share = Share::new(ask, &placement.ports, placement.allotted.as_deref());
        let Some((slot, node)) = self.tables.node_slot(placement.node_id) else { return Verdict::Refused };
        let existing = self.tables.allocs.ids.get(&placement.id).copied();
        let running = existing.and_then(|slot| Some(&*self.tables.allocs.rows.get(slot)?.alloc));
        if running.is_some_and(|alloc| !self.may_go_on(alloc, placement)) {
            return Verdict::Refused;
        }
        // A snapshot that is not in the past proves nothing.
        let changed =
            node.changed_index() > self.plan.snapshot_index || self.plan.snapshot_index >= self.index;
        let judged = changed && !planted::is(Plant::PlansUnjudged);
        if judged && !self.fits(slot, node, placement, share, running) {
            return Verdict::Refused;
        }
        debug_assert!(
            changed || self.fits(slot, node, placement, share, running),
            "placement {} does not fit on the unchanged node {}",
            placement.id,
            placement.node_id
        );
        if changed || cfg!(debug_assertions) {
            self.count_taken(slot, share, running);
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

    fn group_of(&self, placement: &Placement) -> Option<&Group> {
        let position = usize::from(placement.group);
        let Some(version) = placement.job_version else { return self.job.groups.get(position) };
        let older = self.tables.jobs.get(&self.job.key())?.version(version)?;
        let same = older.job.create_index == self.job.create_index && !older.job.stop;
        older.job.groups.get(position).filter(|_| same)
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
    ) -> bool {
        let none = Load::default();
        let load = self.loads.get(&slot).unwrap_or(&none);
        let mut own = Taken::default();
        if let Some(alloc) = running {
            own.add(alloc.share());
        }
        let total = node.used().plus(load.taken.resources).plus(share.resources);
        let total = total.minus(load.freed.resources).minus(own.resources);
        // What it has now it may keep, even where the node would not give it again.
        let free = |thing: &Thing| {
            let others = node.taken().holders(thing) + load.taken.holders(thing);
            let gone = load.freed.holders(thing) + own.holders(thing);
            (node.offers(thing) || own.holders(thing) > 0)
                && (others <= gone || self.may_be_shared(placement, thing))
        };
        (running.is_some() || node.accepts_work())
            && total.exhausted_in(node.allocatable()).is_none()
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
