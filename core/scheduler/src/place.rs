//! Finds a node for each ask, one after the other, on a cluster that fills as it goes.
//!
//! A group that found no place once is not searched for again in this run: what is taken stays taken, so the next ask
//! of the group would fail for the same reason. Only a node that an allocation leaves for its own replacement may do,
//! and asks for one certain node (system jobs) fail each for themselves. What would find a place as soon as
//! allocations of its job that are told to end have ended is no failure: it waits.

mod candidates;
mod cores;
mod devices;
mod group;
mod look;
mod older;
mod ports;
mod preempt;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use muster_ids::{AllocId, GroupName};
use muster_model::{Alloc, AllocMetric, Job, JobKey, JobType, Placement, Resources, SchedulerConfig};
use muster_state::Snapshot;

use crate::Context;
use crate::account::{Account, Census};
use crate::cluster::Cluster;
use crate::draw::Draw;
use crate::feasible::{Demands, Occupancy};
use crate::reconcile::reschedule::failed_on;
use crate::reconcile::{Ask, Ending, Reconciled};
use group::{Choice, GroupState, Lacking};
use look::Grant;

/// The outcome.
#[derive(Debug, Default)]
pub struct Placed<'a> {
    pub placements: Vec<Placement>,
    pub metrics: Vec<Arc<AllocMetric>>,
    /// Allocations that end because a new one takes their place.
    pub ended: Vec<Ending<'a>>,
    pub failed: BTreeMap<GroupName, AllocMetric>,
    pub queued: BTreeMap<GroupName, u32>,
    /// Parallel to the job's groups: what was learnt about classes of nodes.
    pub groups: Vec<GroupState<'a>>,
}

/// What all groups of the job share while the plan is made.
#[derive(Debug)]
pub struct Shared<'a> {
    pub job: &'a Job,
    pub cluster: Cluster<'a>,
    pub occupancy: Occupancy,
    /// What counts for the job's pool.
    pub config: Arc<SchedulerConfig>,
}

struct Placer<'a, 'c> {
    snapshot: &'a Snapshot,
    shared: Shared<'a>,
    ctx: &'c Context<'a>,
    draw: &'c mut Draw,
    /// Nodes on which allocations of the job are told to end.
    left: BTreeSet<u32>,
    /// Parallel to the job's groups: whether what is placed is part of a deployment.
    in_deployment: Vec<bool>,
    /// Allocations of others that this plan evicts, and how many of each of their groups.
    evicted: BTreeSet<AllocId>,
    evicted_of: BTreeMap<(JobKey, u16), u32>,
    out: Placed<'a>,
}

pub fn place<'a>(
    job: &'a Job,
    reconciled: &Reconciled<'a>,
    demands: Vec<Demands<'a>>,
    snapshot: &'a Snapshot,
    ctx: &Context<'a>,
    draw: &mut Draw,
) -> Placed<'a> {
    let cluster = Cluster::new(snapshot, ctx.overlay);
    let config = snapshot.scheduler_config_in(&job.node_pool);
    let shared = Shared { job, cluster, occupancy: Occupancy::default(), config };
    let mut placer = Placer {
        snapshot,
        shared,
        ctx,
        draw,
        left: BTreeSet::new(),
        in_deployment: Vec::new(),
        evicted: BTreeSet::new(),
        evicted_of: BTreeMap::new(),
        out: Placed::default(),
    };
    placer.expect_ends(&reconciled.leaving);
    let rollout = reconciled.rollout.as_ref();
    placer.in_deployment =
        job.groups.iter().map(|group| rollout.is_some_and(|rollout| rollout.includes(group))).collect();
    placer.prepare_groups(demands, &reconciled.present);
    for (alloc, group) in &reconciled.in_place {
        placer.carry_over(alloc, *group);
    }
    for ask in reconciled.asks.iter().filter(|ask| ask.version.is_none()) {
        placer.place_one(ask);
    }
    if job.kind.is_per_node() {
        placer.explain_groups_that_run_nowhere(reconciled);
    }
    let mut placer = placer.finish();
    for older in older::versions(reconciled) {
        placer = placer.place_older(older, job, reconciled);
    }
    placer.out
}

impl<'a> Placer<'a, '_> {
    fn prepare_groups(&mut self, demands: Vec<Demands<'a>>, present: &[(&'a Arc<Alloc>, u16)]) {
        let job = self.shared.job;
        for ((position, group), demands) in (0_u16..).zip(&job.groups).zip(demands) {
            let state = GroupState::new(group, position, demands, &self.shared, self.ctx, self.draw);
            self.out.groups.push(state);
            self.out.queued.insert(group.name.clone(), 0);
        }
        for (alloc, group) in present {
            self.arrive(alloc, *group);
        }
    }

    fn expect_ends(&mut self, leaving: &[&Arc<Alloc>]) {
        // The place of those that made room for somebody is taken already.
        for alloc in leaving.iter().filter(|alloc| alloc.preempted_by().is_none()) {
            if let Some(slot) = self.shared.cluster.columns().slot_of(alloc.node_id) {
                self.shared.cluster.stop(slot, alloc);
                self.left.insert(slot);
            }
        }
    }

    /// The allocation goes on, for the current version of the job: a placement of its own id, on its own ports.
    fn carry_over(&mut self, alloc: &Arc<Alloc>, group: u16) {
        if !self.out.metrics.last().is_some_and(|last| Arc::ptr_eq(last, &alloc.metric)) {
            self.out.metrics.push(Arc::clone(&alloc.metric));
        }
        let metric = u32::try_from(self.out.metrics.len() - 1).unwrap_or(u32::MAX);
        self.out.placements.push(Placement {
            id: alloc.id,
            node_id: alloc.node_id,
            group,
            name_index: alloc.name_index,
            ports: alloc.ports.clone(),
            allotted: alloc.allotted.clone(),
            previous: alloc.previous,
            preempts: Vec::new(),
            metric,
            in_deployment: self.joins_deployment(group),
            canary: alloc.is_canary(),
            job_version: None,
        });
    }

    fn place_one(&mut self, ask: &Ask<'a>) {
        let leaving = ask.ends.map(|ending| ending.alloc).filter(|alloc| !alloc.client_terminal());
        if let Some(alloc) = leaving {
            self.depart(alloc, ask.group);
        }
        self.avoid(ask);
        match self.choose(ask, leaving) {
            Choice::Node { slot, grant, account } => self.commit(ask, slot, grant, &[], *account),
            Choice::Unsuitable => self.stay(leaving, ask.group),
            Choice::NoRoom { lacking } => self.wait_or_fail(ask, leaving, lacking),
        }
    }

    /// Where earlier attempts of the same work failed, the next one goes only if nothing else is as good.
    fn avoid(&mut self, ask: &Ask<'a>) {
        let Some(group) = self.out.groups.get_mut(usize::from(ask.group)) else { return };
        group.avoided.clear();
        // Who may go to one node only has nothing to choose from.
        let Some(previous) = ask.previous.filter(|_| ask.node.is_none()) else { return };
        let snapshot = self.snapshot;
        let left = ask.elsewhere.then_some(previous.node_id);
        let failed_on = failed_on(previous, |id| snapshot.alloc(id).map(Arc::as_ref));
        group.avoided.extend(left.into_iter().chain(failed_on));
    }

    /// What needs only that others of its job end is not missing anything, but must wait.
    fn wait_or_fail(&mut self, ask: &Ask<'a>, leaving: Option<&Arc<Alloc>>, lacking: Option<Lacking>) {
        if leaving.is_some_and(|alloc| self.fits_after(alloc, ask)) {
            self.out.ended.extend(ask.ends);
            self.count_waiting(ask.group);
            return;
        }
        let waits = self.fits_after_others(ask);
        if !waits && self.preempt(ask) {
            return;
        }
        self.stay(leaving, ask.group);
        if waits {
            self.count_waiting(ask.group);
        } else {
            self.count_failure(ask, lacking);
        }
    }

    fn choose(&mut self, ask: &Ask<'a>, leaving: Option<&Arc<Alloc>>) -> Choice {
        let Some(group) = self.out.groups.get_mut(usize::from(ask.group)) else { return Choice::Unsuitable };
        if !group.is_full() || ask.node.is_some() {
            return group.choose(ask, &self.shared, self.draw);
        }
        match leaving.and_then(|alloc| self.shared.cluster.columns().slot_of(alloc.node_id)) {
            Some(slot) => group.choose_left(slot, ask, &self.shared, self.draw),
            None => Choice::NoRoom { lacking: None },
        }
    }

    fn joins_deployment(&self, group: u16) -> bool {
        self.in_deployment.get(usize::from(group)).copied().unwrap_or_default()
    }

    fn commit(&mut self, ask: &Ask<'a>, slot: u32, grant: Grant, victims: &[Arc<Alloc>], account: Account) {
        let in_deployment = self.joins_deployment(ask.group);
        let Some(group) = self.out.groups.get_mut(usize::from(ask.group)) else { return };
        let Some(node) = self.shared.cluster.columns().get(slot) else { return };
        let sum = |sum: Resources, victim: &Arc<Alloc>| sum.plus(victim.resources());
        let mut share = grant.share(group.ask);
        let place = victims.iter().fold(Resources::default(), sum).least(share.resources);
        share.resources = share.resources.minus(place);
        self.shared.cluster.take(slot, share);
        let metric = group.metric_for(account, self.shared.job, &mut self.out.metrics);
        self.out.placements.push(Placement {
            id: self.draw.alloc_id(),
            node_id: node.node().id,
            group: ask.group,
            name_index: ask.name_index,
            ports: grant.ports,
            allotted: grant.allotted,
            previous: ask.previous.map(|alloc| alloc.id),
            preempts: victims.iter().map(|victim| victim.id).collect(),
            metric,
            in_deployment,
            canary: ask.canary,
            job_version: None,
        });
        self.out.ended.extend(ask.ends);
        self.arrive_at(slot, ask.group);
    }

    /// Whether the new one could take the old one's place once that has ended. Then the old one is stopped although
    /// the new one must wait: on a full node, or with a static port, there is no other way.
    fn fits_after(&mut self, old: &Alloc, ask: &Ask<'a>) -> bool {
        let Some(slot) = self.shared.cluster.columns().slot_of(old.node_id) else { return false };
        self.shared.cluster.stop(slot, old);
        let fits = self.promise(slot, ask);
        if !fits {
            self.shared.cluster.unstop(slot, old);
        }
        fits
    }

    /// Whether the new one could go where allocations of its job are about to end: to the node of the one it
    /// replaces, if that is among them, or else to any.
    fn fits_after_others(&mut self, ask: &Ask<'a>) -> bool {
        let columns = self.shared.cluster.columns();
        let own = ask.node.or_else(|| ask.previous.map(|alloc| alloc.node_id));
        let own = own.and_then(|node| columns.slot_of(node)).filter(|slot| self.left.contains(slot));
        if own.is_some_and(|slot| self.promise(slot, ask)) {
            return true;
        }
        if ask.node.is_some() {
            return false;
        }
        while let Some(slot) = self.next_left(ask.group) {
            if self.promise(slot, ask) {
                return true;
            }
            // Nodes only fill up while a plan is made: what cannot take this one cannot take the next.
            let Some(group) = self.out.groups.get_mut(usize::from(ask.group)) else { return false };
            group.left_from = slot.saturating_add(1);
        }
        false
    }

    fn next_left(&self, group: u16) -> Option<u32> {
        let group = self.out.groups.get(usize::from(group))?;
        self.left.range(group.left_from..).next().copied()
    }

    /// Keeps room for one of the group where it would fit if what is to end on the node had ended.
    fn promise(&mut self, slot: u32, ask: &Ask<'a>) -> bool {
        let Some(group) = self.out.groups.get_mut(usize::from(ask.group)) else { return false };
        let grant = group.fits_hopefully(slot, ask.name_index, &self.shared, self.draw);
        let Some(grant) = grant else { return false };
        self.shared.cluster.promise(slot, grant.share(group.ask));
        self.arrive_at(slot, ask.group);
        true
    }

    /// The allocation that was to end runs on after all.
    fn stay(&mut self, leaving: Option<&Arc<Alloc>>, group: u16) {
        if let Some(alloc) = leaving {
            self.arrive(alloc, group);
        }
    }

    fn count_failure(&mut self, ask: &Ask<'a>, lacking: Option<Lacking>) {
        let Some(group) = self.out.groups.get_mut(usize::from(ask.group)) else { return };
        *self.out.queued.entry(group.group.name.clone()).or_default() += 1;
        group.count_failure(ask.name_index, lacking, &self.shared);
    }

    fn count_waiting(&mut self, position: u16) {
        let Some(group) = self.out.groups.get_mut(usize::from(position)) else { return };
        *self.out.queued.entry(group.group.name.clone()).or_default() += 1;
        group.count_waiting();
    }

    /// An unsuitable node is no failure of a system job; that none is suitable is one, and worth an explanation.
    fn explain_groups_that_run_nowhere(&mut self, reconciled: &Reconciled<'a>) {
        for group in &mut self.out.groups {
            let runs = reconciled.present.iter().any(|(_, at)| *at == group.position)
                || self.out.placements.iter().any(|placement| placement.group == group.position);
            let wanted =
                group.group.count > 0 && reconciled.asks.iter().any(|ask| ask.group == group.position);
            if wanted && !runs && !group.has_failed() && !group.waits() {
                group.explain_unsuitable(&self.shared);
            }
        }
    }

    fn arrive(&mut self, alloc: &Alloc, group: u16) {
        if let Some(slot) = self.shared.cluster.columns().slot_of(alloc.node_id) {
            self.arrive_at(slot, group);
        }
    }

    fn arrive_at(&mut self, slot: u32, group: u16) {
        let Some(node) = self.shared.cluster.columns().get(slot) else { return };
        self.shared.occupancy.add(slot, group);
        for state in &mut self.out.groups {
            state.arrived(slot, node.node(), group);
        }
    }

    fn depart(&mut self, alloc: &Alloc, group: u16) {
        let columns = self.shared.cluster.columns();
        let Some(slot) = columns.slot_of(alloc.node_id) else { return };
        let Some(node) = columns.get(slot) else { return };
        self.shared.occupancy.remove(slot, group);
        for state in &mut self.out.groups {
            state.departed(slot, node.node(), group);
        }
    }

    fn finish(mut self) -> Self {
        let job = self.shared.job;
        let mut census = None;
        for group in &mut self.out.groups {
            group.close_shared_metric(job, &mut self.out.metrics);
            if let Some((mut account, coalesced)) = group.take_failure() {
                account.available(census.get_or_insert_with(|| Census::take(job, self.snapshot)));
                account.exhausted(group.group);
                let metric = AllocMetric { coalesced_failures: coalesced, ..account.finish(job) };
                self.out.failed.insert(group.group.name.clone(), metric);
            }
        }
        self
    }
}

/// How many feasible nodes are ranked for one placement: enough for a good choice, few enough that a placement
/// does not cost a look at every node.
fn candidates_wanted(kind: JobType, nodes: u32) -> usize {
    match kind {
        JobType::Batch => 2,
        _ => usize::try_from(nodes.max(1).next_power_of_two().trailing_zeros()).unwrap_or(2).max(2),
    }
}
