//! One group while its asks are placed: its demands, its preferences, the nodes still of use, its accounts.

use std::sync::Arc;

use muster_ids::Text;
use muster_model::{AllocMetric, Group, Job, Node, Resources};
use muster_state::NodeSlot;
use smallvec::SmallVec;

use super::candidates::Candidates;
use super::ports::{self, Ports};
use super::{Shared, candidates_wanted};
use crate::Context;
use crate::account::{Account, Rejection};
use crate::cluster::{Cluster, View};
use crate::draw::Draw;
use crate::feasible::{Demands, Distinct};
use crate::rank::{Affinities, Component, Score, Spreads, binpack, job_anti_affinity};
use crate::reconcile::Ask;

#[derive(Debug)]
pub struct GroupState<'a> {
    pub group: &'a Group,
    pub ask: Resources,
    position: u16,
    pub demands: Demands<'a>,
    pub distinct: Vec<Distinct<'a>>,
    affinities: Affinities<'a>,
    spreads: Spreads<'a>,
    candidates: Candidates,
    wanted: usize,
    /// Every node once, as it looked when first met.
    tally: Account,
    own_accounts_left: u32,
    shared_metric: Option<u32>,
    /// Why asks found no place, and how many did not.
    failure: Option<Account>,
    failures: u32,
}

/// What became of one ask.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "lives on the stack for one placement; a box would cost more")]
pub enum Choice {
    Node {
        slot: u32,
        ports: Ports,
        account: Account,
    },
    /// The one node asked for is none of the group's nodes: nothing is missing.
    Unsuitable,
    NoRoom,
}

/// What one look at a node says.
enum Look {
    /// Not one of the job's nodes at all.
    Skip,
    Rejected(Rejection),
    Fits(Candidate),
}

struct Candidate {
    slot: u32,
    ports: Ports,
    score: Score,
}

impl<'a> GroupState<'a> {
    pub fn new(
        job: &'a Job,
        group: &'a Group,
        position: u16,
        demands: Demands<'a>,
        cluster: &Cluster<'a>,
        ctx: &Context<'a>,
        draw: &mut Draw,
    ) -> Self {
        let affinities = Affinities::new(job, group, ctx.limits.regex_bytes);
        let spreads = Spreads::new(job, group);
        let nodes = cluster.columns().len();
        let wanted = if affinities.is_empty() && spreads.is_empty() {
            candidates_wanted(job.kind, nodes)
        } else {
            usize::try_from(ctx.limits.candidates_with_preferences).unwrap_or(usize::MAX).max(2)
        };
        Self {
            group,
            ask: group.ask(),
            position,
            demands,
            distinct: Distinct::all_of(job, group, position),
            affinities,
            spreads,
            candidates: Candidates::new(nodes, draw),
            wanted,
            tally: Account::default(),
            own_accounts_left: ctx.limits.own_accounts,
            shared_metric: None,
            failure: None,
            failures: 0,
        }
    }

    pub fn choose(&mut self, ask: &Ask<'a>, shared: &Shared<'a>, draw: &mut Draw) -> Choice {
        match ask.node {
            Some(_) => self.choose_pinned(ask, shared, draw),
            None => self.choose_best(ask, shared, draw),
        }
    }

    fn choose_best(&mut self, ask: &Ask<'a>, shared: &Shared<'a>, draw: &mut Draw) -> Choice {
        let mut account = Account::default();
        let mut found: SmallVec<[Candidate; 16]> = SmallVec::new();
        if let Some(candidate) = self.previous_node(ask, shared, draw) {
            account.feasible();
            found.push(candidate);
        } else {
            self.search(ask, shared, draw, &mut account, &mut found);
        }
        let best = found
            .iter()
            .enumerate()
            .reduce(|best, next| if next.1.score.mean() > best.1.score.mean() { next } else { best });
        let Some((at, _)) = best else { return Choice::NoRoom };
        if self.own_accounts_left > 0 {
            account.scored(scored_nodes(&found, shared));
        }
        let Candidate { slot, ports, .. } = found.swap_remove(at);
        Choice::Node { slot, ports, account }
    }

    /// Looks at nodes until enough can take the ask.
    fn search(
        &mut self,
        ask: &Ask<'a>,
        shared: &Shared<'a>,
        draw: &mut Draw,
        account: &mut Account,
        found: &mut SmallVec<[Candidate; 16]>,
    ) {
        let first = self.candidates.begin();
        while found.len() < self.wanted {
            let Some((slot, fresh)) = self.candidates.next() else { break };
            let Some(node) = shared.cluster.columns().get(slot) else { continue };
            let look = if fresh {
                self.look(slot, node, ask, shared, draw)
            } else {
                self.look_again(slot, node, ask, shared, draw)
            };
            match look {
                Look::Skip => {}
                Look::Rejected(rejection) => {
                    account.rejected(node.node(), &rejection);
                    if fresh {
                        self.tally.rejected(node.node(), &rejection);
                    }
                    self.candidates.leave_out(slot);
                }
                Look::Fits(candidate) => {
                    account.feasible();
                    if fresh {
                        self.tally.feasible();
                    }
                    self.candidates.keep(slot);
                    found.push(candidate);
                }
            }
        }
        if first && found.is_empty() && ask.ends.is_none() {
            // Every node was met just now: no need to look at all of them again to explain.
            self.failure = Some(account.clone());
        }
    }

    /// Whether the node could take the ask if what this plan stops had ended already, and on which ports.
    pub fn fits_hopefully(&mut self, slot: u32, shared: &Shared<'a>, draw: &mut Draw) -> Option<Ports> {
        let node = shared.cluster.columns().get(slot)?;
        self.unfit(slot, node, shared).is_none().then_some(())?;
        let room = self.room(slot, node, View::Hopeful, shared, draw);
        room.ok().map(|(_, ports)| ports)
    }

    /// A sticky disk goes back to the node that holds its data, if that still takes it.
    fn previous_node(&mut self, ask: &Ask<'a>, shared: &Shared<'a>, draw: &mut Draw) -> Option<Candidate> {
        let previous = ask.previous.filter(|_| self.group.ephemeral_disk.sticky && !ask.elsewhere)?;
        let slot = shared.cluster.columns().slot_of(previous.node_id)?;
        let node = shared.cluster.columns().get(slot)?;
        match self.look(slot, node, ask, shared, draw) {
            Look::Fits(candidate) => Some(candidate),
            Look::Skip | Look::Rejected(_) => None,
        }
    }

    fn choose_pinned(&mut self, ask: &Ask<'a>, shared: &Shared<'a>, draw: &mut Draw) -> Choice {
        let columns = shared.cluster.columns();
        let slot = ask.node.and_then(|node| columns.slot_of(node));
        let Some((slot, node)) = slot.and_then(|slot| Some((slot, columns.get(slot)?))) else {
            return Choice::Unsuitable;
        };
        match self.look(slot, node, ask, shared, draw) {
            Look::Skip => Choice::Unsuitable,
            Look::Rejected(rejection) => {
                self.tally.rejected(node.node(), &rejection);
                match rejection {
                    Rejection::Filtered(_) => Choice::Unsuitable,
                    Rejection::Exhausted(_) => {
                        self.failure.get_or_insert_default().rejected(node.node(), &rejection);
                        Choice::NoRoom
                    }
                }
            }
            Look::Fits(candidate) => {
                self.tally.feasible();
                let mut account = Account::default();
                account.feasible();
                if self.own_accounts_left > 0 {
                    account.scored(scored_nodes(std::slice::from_ref(&candidate), shared));
                }
                Choice::Node { slot, ports: candidate.ports, account }
            }
        }
    }

    /// Whether the node can take the ask now, and how well.
    fn look(
        &mut self,
        slot: u32,
        node: &'a NodeSlot,
        ask: &Ask<'a>,
        shared: &Shared<'a>,
        draw: &mut Draw,
    ) -> Look {
        match self.unfit(slot, node, shared) {
            Some(unfit) => unfit,
            None => self.look_at_room(slot, node, ask, shared, draw),
        }
    }

    /// The same for a node met before in this run: its facts have not changed since.
    fn look_again(
        &mut self,
        slot: u32,
        node: &'a NodeSlot,
        ask: &Ask<'a>,
        shared: &Shared<'a>,
        draw: &mut Draw,
    ) -> Look {
        match self.taken_by_others(slot, node.node(), shared) {
            Some(reason) => Look::Rejected(Rejection::Filtered(reason)),
            None => self.look_at_room(slot, node, ask, shared, draw),
        }
    }

    /// What, besides room, keeps the group off the node.
    fn unfit(&mut self, slot: u32, node: &'a NodeSlot, shared: &Shared<'a>) -> Option<Look> {
        if !node.accepts_work() || !self.demands.admits(node.node()) {
            return Some(Look::Skip);
        }
        let unmet = self.demands.unmet(node.node()).map(Text::clone);
        let reason = unmet.or_else(|| self.taken_by_others(slot, node.node(), shared));
        reason.map(|reason| Look::Rejected(Rejection::Filtered(reason)))
    }

    /// The constraint on the job's other allocations that the node would break.
    fn taken_by_others(&self, slot: u32, node: &Node, shared: &Shared<'a>) -> Option<Text> {
        let broken = self.distinct.iter().find(|one| !one.allows(slot, node, &shared.occupancy))?;
        Some(Text::clone(broken.text()))
    }

    fn look_at_room(
        &mut self,
        slot: u32,
        node: &NodeSlot,
        ask: &Ask<'a>,
        shared: &Shared<'a>,
        draw: &mut Draw,
    ) -> Look {
        match self.room(slot, node, View::Real, shared, draw) {
            Err(lacking) => Look::Rejected(Rejection::Exhausted(lacking)),
            Ok((left, ports)) => {
                let score = self.score(slot, node, left, ask, shared);
                Look::Fits(Candidate { slot, ports, score })
            }
        }
    }

    /// What the node would have left, and the ports given; or what it has too little of.
    fn room(
        &self,
        slot: u32,
        node: &NodeSlot,
        view: View,
        shared: &Shared<'a>,
        draw: &mut Draw,
    ) -> Result<(Resources, Ports), Text> {
        let available = shared.cluster.available(slot, node, view);
        if let Some(dimension) = self.ask.exhausted_in(available) {
            return Err(Text::from(dimension));
        }
        let ports = ports::assign(self.group.network.as_ref(), &shared.cluster, slot, node, view, draw)?;
        Ok((available.minus(self.ask), ports))
    }

    fn score(
        &mut self,
        slot: u32,
        node: &NodeSlot,
        left: Resources,
        ask: &Ask<'a>,
        shared: &Shared<'a>,
    ) -> Score {
        let mut score = Score::default();
        score.push(Component::Binpack, binpack(node.allocatable(), left));
        if !shared.job.kind.is_per_node() {
            let there = shared.occupancy.of_group(slot, self.position);
            score.push_unless_zero(Component::JobAntiAffinity, job_anti_affinity(there, self.group.count));
        }
        if ask.elsewhere && ask.previous.is_some_and(|previous| previous.node_id == node.node().id) {
            score.push(Component::ReschedulePenalty, -1.0);
        }
        if !self.affinities.is_empty() {
            score.push_unless_zero(Component::Affinity, self.affinities.score(node.node()));
        }
        if !self.spreads.is_empty() {
            score.push_unless_zero(Component::Spread, self.spreads.score(node.node()));
        }
        score
    }

    /// Where the account of a placement is kept. The first few have one each; the rest share one, so that a large
    /// plan stays small.
    pub fn metric_for(&mut self, account: Account, job: &Job, metrics: &mut Vec<Arc<AllocMetric>>) -> u32 {
        let next = u32::try_from(metrics.len()).unwrap_or(u32::MAX);
        if let Some(left) = self.own_accounts_left.checked_sub(1) {
            self.own_accounts_left = left;
            metrics.push(account.share(job));
            return next;
        }
        *self.shared_metric.get_or_insert_with(|| {
            metrics.push(Arc::default());
            next
        })
    }

    /// Fills in the account that many placements share: every node met for the group, counted once.
    pub fn close_shared_metric(&mut self, job: &Job, metrics: &mut [Arc<AllocMetric>]) {
        let position = self.shared_metric.and_then(|position| usize::try_from(position).ok());
        if let Some(metric) = position.and_then(|position| metrics.get_mut(position)) {
            *metric = std::mem::take(&mut self.tally).share(job);
        }
    }

    pub const fn has_failed(&self) -> bool {
        self.failures > 0
    }

    /// One more ask found no place. The first time, the account is taken: every node as it is now.
    pub fn count_failure(&mut self, shared: &Shared<'a>) {
        self.failures += 1;
        if self.failure.is_none() {
            self.failure = Some(self.explain(shared));
        }
    }

    fn explain(&mut self, shared: &Shared<'a>) -> Account {
        let mut account = Account::default();
        // Ports are drawn only to see whether there are any; a fixed seed keeps the plan's own draws in step.
        let mut draw = Draw::new([0; 16]);
        let ask = Ask {
            group: self.position,
            name_index: 0,
            previous: None,
            ends: None,
            elsewhere: false,
            node: None,
        };
        for (slot, node) in shared.cluster.columns().iter() {
            match self.look(slot, node, &ask, shared, &mut draw) {
                Look::Skip => {}
                Look::Rejected(rejection) => account.rejected(node.node(), &rejection),
                Look::Fits(_) => account.feasible(),
            }
        }
        account
    }

    /// The account of the failure and how many further asks it stands for.
    pub fn take_failure(&mut self) -> Option<(Account, u32)> {
        let coalesced = self.failures.saturating_sub(1);
        self.failure.take().map(|account| (account, coalesced))
    }

    pub fn arrived(&mut self, node: &Node, group: u16) {
        for distinct in &mut self.distinct {
            distinct.add(node, group);
        }
        if group == self.position {
            self.spreads.add(node);
        }
    }

    pub fn departed(&mut self, slot: u32, node: &Node, group: u16) {
        for distinct in &mut self.distinct {
            distinct.remove(node, group);
        }
        if group == self.position {
            self.spreads.remove(node);
        }
        self.candidates.reopen(slot);
    }
}

fn scored_nodes<'c>(
    found: &'c [Candidate],
    shared: &Shared<'c>,
) -> impl Iterator<Item = (&'c Node, &'c Score)> {
    let columns = shared.cluster.columns();
    found.iter().filter_map(move |candidate| Some((&**columns.get(candidate.slot)?.node(), &candidate.score)))
}
