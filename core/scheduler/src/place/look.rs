//! One look at one node: is it one of the group's nodes, does it have room, how well does it suit.

use std::sync::Arc;

use muster_ids::Text;
use muster_model::{Allotment, Node, Resources, Share, TaskAllotment};
use muster_state::NodeSlot;

use super::group::GroupState;
use super::ports::{self, Ports};
use super::{Shared, cores, devices};
use crate::account::Rejection;
use crate::cluster::View;
use crate::draw::Draw;
use crate::feasible::Suits;
use crate::rank::{Component, Score, fit, job_anti_affinity, preemption, reschedule_penalty};
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
    pub grant: Grant,
    pub score: Score,
}

/// What the node would give by name.
#[derive(Clone, Debug, Default)]
pub struct Grant {
    pub ports: Ports,
    pub allotted: Option<Arc<Allotment>>,
}

impl Grant {
    /// `ask` is the group's.
    pub fn share(&self, ask: Resources) -> Share<'_> {
        Share::new(ask, &self.ports, self.allotted.as_deref())
    }
}

/// Room for one on a node.
pub struct Room {
    grant: Grant,
    /// What the node would have left.
    left: Resources,
    /// How well the devices suit, if preferences were told.
    devices: Option<f64>,
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
        match self.unfit(slot, node, ask.name_index, shared) {
            Some(unfit) => unfit,
            None => self.look_at_room(slot, node, shared, draw),
        }
    }

    /// The same for a node met before in this run: its facts have not changed since.
    pub fn look_again(
        &mut self,
        slot: u32,
        node: &'a NodeSlot,
        shared: &Shared<'a>,
        draw: &mut Draw,
    ) -> Look {
        match self.taken_by_others(slot, node.node(), shared) {
            Some(reason) => Look::Rejected(Rejection::Filtered(reason)),
            None => self.look_at_room(slot, node, shared, draw),
        }
    }

    /// What, besides room, keeps the group off the node.
    fn unfit(&mut self, slot: u32, node: &'a NodeSlot, name_index: u32, shared: &Shared<'a>) -> Option<Look> {
        if !node.accepts_work() {
            return Some(Look::Skip);
        }
        let unmet = match self.demands.suits(node) {
            Suits::NotAdmitted => return Some(Look::Skip),
            Suits::Unmet(text) => Some(Text::clone(text)),
            Suits::Yes => None,
        };
        let reason = unmet
            .or_else(|| self.equipment.lacking(node.node(), name_index))
            .or_else(|| self.taken_by_others(slot, node.node(), shared));
        reason.map(|reason| Look::Rejected(Rejection::Filtered(reason)))
    }

    /// The constraint on the job's other allocations that the node would break.
    fn taken_by_others(&self, slot: u32, node: &Node, shared: &Shared<'a>) -> Option<Text> {
        let broken = self.distinct.iter().find(|one| !one.allows(slot, node, &shared.occupancy))?;
        Some(Text::clone(broken.text()))
    }

    fn look_at_room(&mut self, slot: u32, node: &NodeSlot, shared: &Shared<'a>, draw: &mut Draw) -> Look {
        match self.room(slot, node, View::Real, shared, draw) {
            Err(lacking) => Look::Rejected(Rejection::Exhausted(lacking)),
            Ok(Room { grant, left, devices }) => {
                let mut score = self.score(slot, node, left, shared);
                if let Some(devices) = devices {
                    score.push_unless_zero(Component::Devices, devices);
                }
                Look::Fits(Candidate { slot, grant, score })
            }
        }
    }

    /// Room on the node, or what it has too little of.
    fn room(
        &mut self,
        slot: u32,
        node: &NodeSlot,
        view: View,
        shared: &Shared<'a>,
        draw: &mut Draw,
    ) -> Result<Room, Text> {
        let available = shared.cluster.available(slot, node, view);
        if let Some(dimension) = self.ask.exhausted_in(available) {
            return Err(Text::from(dimension));
        }
        let bound = ports::assign(&self.ports, &shared.cluster, slot, node, view, draw)?;
        let mut grant = Grant { ports: bound.ports, allotted: None };
        let mut devices = None;
        if self.takes_by_name || !bound.addresses.is_empty() {
            let (tasks, score) = self.named(slot, node, view, shared)?;
            devices = score;
            let allotment =
                Allotment { tasks, addresses: bound.addresses, oversubscribed: self.oversubscribed };
            grant.allotted = Some(Arc::new(allotment));
        }
        let share = grant.share(self.ask).resources;
        match share.exhausted_in(available) {
            Some(dimension) => Err(Text::from(dimension)),
            None => Ok(Room { left: available.minus(share), grant, devices }),
        }
    }

    /// Cores and devices, by task, and how well the devices suit.
    fn named(
        &mut self,
        slot: u32,
        node: &NodeSlot,
        view: View,
        shared: &Shared<'a>,
    ) -> Result<(Vec<TaskAllotment>, Option<f64>), Text> {
        let reserved = cores::reserve(self.group, &shared.cluster, slot, node, view);
        let mut tasks = reserved.ok_or_else(|| Text::from("cores"))?;
        let demands = &mut self.equipment.devices;
        let given = devices::assign(demands, &shared.cluster, slot, node, view)?;
        for (demand, device) in demands.iter().zip(given.devices) {
            match tasks.iter_mut().find(|one| one.task == *demand.task) {
                Some(one) => one.devices.push(device),
                None => tasks.push(TaskAllotment {
                    task: demand.task.clone(),
                    cores: Vec::new(),
                    cores_mhz: 0,
                    devices: vec![device],
                }),
            }
        }
        Ok((tasks, given.score))
    }

    fn score(&mut self, slot: u32, node: &NodeSlot, left: Resources, shared: &Shared<'a>) -> Score {
        let mut score = Score::default();
        score.push(Component::Binpack, fit(shared.config.algorithm, node.allocatable(), left));
        if !shared.job.kind.is_per_node() {
            let there = shared.occupancy.of_group(slot, self.position);
            score.push_unless_zero(Component::JobAntiAffinity, job_anti_affinity(there, self.group.count));
        }
        if let Some(ago) = self.avoided.iter().position(|avoided| *avoided == node.id()) {
            score.push(Component::ReschedulePenalty, reschedule_penalty(ago));
        }
        if !self.affinities.is_empty() {
            score.push_unless_zero(Component::Affinity, self.affinities.score(slot, node.node()));
        }
        if !self.spreads.is_empty() {
            score.push_unless_zero(Component::Spread, self.spreads.score(slot, node.node()));
        }
        score
    }

    /// Whether the node qualifies, room left aside.
    pub fn qualifies(&mut self, slot: u32, node: &'a NodeSlot, name_index: u32, shared: &Shared<'a>) -> bool {
        self.unfit(slot, node, name_index, shared).is_none()
    }

    /// Whether the node could take the ask if what is thought away were gone, or what it would lack even then.
    pub fn fits_preempting(
        &mut self,
        slot: u32,
        node: &NodeSlot,
        shared: &Shared<'a>,
        draw: &mut Draw,
    ) -> Result<Room, Text> {
        self.room(slot, node, View::Preempting, shared, draw)
    }

    /// A node on which allocations of these priorities would make room.
    pub fn preempting(
        &mut self,
        slot: u32,
        node: &NodeSlot,
        room: Room,
        priorities: impl Iterator<Item = u16>,
        shared: &Shared<'a>,
    ) -> Candidate {
        let Room { grant, left, devices } = room;
        let mut score = self.score(slot, node, left, shared);
        if let Some(devices) = devices {
            score.push_unless_zero(Component::Devices, devices);
        }
        score.push(Component::Preemption, preemption(priorities));
        Candidate { slot, grant, score }
    }

    /// What the node could give if what this plan stops had ended already.
    pub fn fits_hopefully(
        &mut self,
        slot: u32,
        name_index: u32,
        shared: &Shared<'a>,
        draw: &mut Draw,
    ) -> Option<Grant> {
        let node = shared.cluster.columns().get(slot)?;
        self.unfit(slot, node, name_index, shared).is_none().then_some(())?;
        let room = self.room(slot, node, View::Hopeful, shared, draw);
        room.ok().map(|room| room.grant)
    }
}
