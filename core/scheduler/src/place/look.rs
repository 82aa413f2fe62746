//! One look at one node: is it one of the group's nodes, does it have room, how well does it suit.

use muster_ids::Text;
use muster_model::{Node, Resources};
use muster_state::NodeSlot;

use super::Shared;
use super::group::GroupState;
use super::ports::{self, Ports};
use crate::account::Rejection;
use crate::cluster::View;
use crate::draw::Draw;
use crate::rank::{Component, Score, fit, job_anti_affinity, preemption};
use crate::reconcile::Ask;

/// What one look at a node says.
pub enum Look {
    /// Not one of the job's nodes at all.
    Skip,
    Rejected(Rejection),
    Fits(Candidate),
}

pub struct Candidate {
    pub slot: u32,
    pub ports: Ports,
    pub score: Score,
}

impl<'a> GroupState<'a> {
    /// Whether the node can take the ask now, and how well.
    pub fn look(
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
    pub fn look_again(
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
        score.push(Component::Binpack, fit(shared.config.algorithm, node.allocatable(), left));
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

    /// Whether the node qualifies, room left aside.
    pub fn qualifies(&mut self, slot: u32, node: &'a NodeSlot, shared: &Shared<'a>) -> bool {
        self.unfit(slot, node, shared).is_none()
    }

    /// Whether the node could take the ask if what is thought away were gone, or what it would lack even then.
    pub fn fits_preempting(
        &self,
        slot: u32,
        node: &NodeSlot,
        shared: &Shared<'a>,
        draw: &mut Draw,
    ) -> Result<(Resources, Ports), Text> {
        self.room(slot, node, View::Preempting, shared, draw)
    }

    /// A node on which allocations of these priorities would make room.
    pub fn preempting(
        &mut self,
        slot: u32,
        node: &NodeSlot,
        (left, ports): (Resources, Ports),
        ask: &Ask<'a>,
        priorities: impl Iterator<Item = u16>,
        shared: &Shared<'a>,
    ) -> Candidate {
        let mut score = self.score(slot, node, left, ask, shared);
        score.push(Component::Preemption, preemption(priorities));
        Candidate { slot, ports, score }
    }

    /// Whether the node could take the ask if what this plan stops had ended already, and on which ports.
    pub fn fits_hopefully(&mut self, slot: u32, shared: &Shared<'a>, draw: &mut Draw) -> Option<Ports> {
        let node = shared.cluster.columns().get(slot)?;
        self.unfit(slot, node, shared).is_none().then_some(())?;
        let room = self.room(slot, node, View::Hopeful, shared, draw);
        room.ok().map(|(_, ports)| ports)
    }
}
