//! When no node has room: who has to make room, so that least is lost.
//!
//! ```text
//!   node -> those that may be evicted -> the nearest of the least important, until it fits -> spare whom it can
//!   nodes, as many as are ranked anyhow -> where least is lost
//! ```
//!
//! Only work of other jobs whose priority is lower by [`PreemptionConfig::MIN_DISTANCE`] or more is ever looked at, and
//! of what is chosen nobody could be spared. Wanted properties, checked over random clusters in `tests/scheduler/preemption.rs`.

use std::cmp::Reverse;
use std::sync::Arc;

use muster_ids::Text;
use muster_model::planted::{self, Plant};
use muster_model::{Alloc, JobKey, PreemptionConfig, Resources};
use muster_state::{NodeSlot, holds_resources};

use super::Placer;
use super::group::scored_nodes;
use super::look::{Candidate, Room};
use crate::account::{Account, Rejection};
use crate::cluster::View;
use crate::draw::Permutation;
use crate::reconcile::Ask;

/// Allocations of a group beyond its `migrate.max_parallel` count as so much further away.
const TOO_MANY_OF_A_GROUP: f64 = 50.0;

/// Room on one node, and who makes it.
struct Offer {
    candidate: Candidate,
    victims: Vec<Arc<Alloc>>,
    harm: f64,
}

impl<'a> Placer<'a, '_> {
    /// Places the ask where others have to make room for it, if somewhere they can be made to.
    pub(super) fn preempt(&mut self, ask: &Ask<'a>) -> bool {
        let allowed = self.shared.config.preemption.allows(self.shared.job.kind);
        if !allowed && !planted::is(Plant::KindsDoNotMatter) {
            return false;
        }
        let mut account = Account::default();
        let Some(offer) = self.best_offer(ask, &mut account) else { return false };
        for victim in &offer.victims {
            self.evicted.insert(victim.id);
            *self.evicted_of.entry((victim.job.key(), victim.group)).or_default() += 1;
        }
        let Candidate { slot, grant, .. } = offer.candidate;
        self.commit(ask, slot, grant, &offer.victims, account);
        true
    }

    fn best_offer(&mut self, ask: &Ask<'a>, account: &mut Account) -> Option<Offer> {
        let columns = self.shared.cluster.columns();
        let group = self.out.groups.get(usize::from(ask.group))?;
        let (wanted, pinned) = (group.wanted, ask.node.is_some());
        if group.no_victims && !pinned {
            return None;
        }
        let mut offers: Vec<Offer> = Vec::new();
        match ask.node {
            Some(node) => {
                let slot = columns.slot_of(node);
                offers.extend(slot.and_then(|slot| self.offer(slot, ask, account)));
            }
            None => {
                let slots = Permutation::new(columns.len(), self.draw);
                for slot in slots {
                    offers.extend(self.offer(slot, ask, account));
                    if offers.len() >= wanted {
                        break;
                    }
                }
            }
        }
        let group = self.out.groups.get_mut(usize::from(ask.group))?;
        group.no_victims |= offers.is_empty() && !pinned;
        if group.has_own_account() {
            let candidates: Vec<&Candidate> = offers.iter().map(|offer| &offer.candidate).collect();
            account.scored(scored_nodes(candidates, &self.shared));
        }
        let better = |best: Offer, next: Offer| {
            let order = next.harm.total_cmp(&best.harm).reverse();
            let mean = |offer: &Offer| offer.candidate.score.mean();
            let order = order.then_with(|| mean(&next).total_cmp(&mean(&best)));
            if order.is_gt() { next } else { best }
        };
        offers.into_iter().reduce(better)
    }

    /// The least harm on one node that lets the ask in.
    fn offer(&mut self, slot: u32, ask: &Ask<'a>, account: &mut Account) -> Option<Offer> {
        let node = self.shared.cluster.columns().get(slot)?;
        let group = self.out.groups.get_mut(usize::from(ask.group))?;
        if !group.qualifies(slot, node, ask.name_index, &self.shared) {
            return None;
        }
        let mut attempt = Attempt { slot, node, chosen: Vec::new(), left: self.evictable(node) };
        if let Some(dimension) = self.hopeless(&attempt, ask.group) {
            account.rejected(node.node(), &Rejection::Exhausted(Text::from(dimension)));
            return None;
        }
        if self.enough(&mut attempt, ask.group) {
            self.spare(&mut attempt, ask.group);
        }
        let room = self.room(&attempt, ask.group)?;
        for victim in &attempt.chosen {
            self.shared.cluster.think_back(slot, victim);
        }
        let room = match room {
            Ok(room) => room,
            Err(lacking) => {
                account.rejected(node.node(), &Rejection::Exhausted(lacking));
                return None;
            }
        };
        account.feasible();
        let group = self.out.groups.get_mut(usize::from(ask.group))?;
        let priorities = attempt.chosen.iter().map(|victim| victim.job.priority);
        let harm = priorities.clone().map(|priority| f64::from(priority.max(1))).sum();
        let candidate = group.preempting(slot, node, room, priorities, &self.shared);
        Some(Offer { candidate, victims: attempt.chosen, harm })
    }

    /// Who on the node may be made to make room.
    fn evictable(&self, node: &NodeSlot) -> Vec<Arc<Alloc>> {
        let (job, id) = (self.shared.job, node.node().id);
        let own = job.key();
        let may = |alloc: &&Arc<Alloc>| {
            holds_resources(alloc)
                && !alloc.server_terminal()
                && PreemptionConfig::is_above(job.priority, alloc.job.priority)
                && alloc.job.key() != own
                && !self.evicted.contains(&alloc.id)
                && !self.shared.cluster.is_evicted(alloc.id)
        };
        let mut all: Vec<_> = self.snapshot.allocs_by_node(id).filter(may).cloned().collect();
        all.sort_unstable_by_key(|alloc| (alloc.job.priority, alloc.id));
        all
    }

    /// What the node would have too little of even without all of them; no need to try one after the other then.
    fn hopeless(&self, attempt: &Attempt<'a>, group: u16) -> Option<&'static str> {
        let ask = self.out.groups.get(usize::from(group))?.ask;
        let available = self.shared.cluster.available(attempt.slot, attempt.node, View::Real);
        ask.exhausted_in(attempt.left.iter().fold(available, |sum, alloc| sum.plus(alloc.resources())))
    }

    /// Thinks allocations away until the group fits, the least important ones first; whether it does.
    fn enough(&mut self, attempt: &mut Attempt<'a>, group: u16) -> bool {
        loop {
            if self.fits(attempt, group) {
                return true;
            }
            let Some(next) = self.nearest(attempt, group) else { return false };
            let victim = attempt.left.remove(next);
            self.shared.cluster.think_away(attempt.slot, &victim);
            attempt.chosen.push(victim);
        }
    }

    /// Of the least important ones left, whose share comes nearest to what is lacking.
    fn nearest(&self, attempt: &Attempt<'a>, group: u16) -> Option<usize> {
        let lowest = attempt.left.first()?.job.priority;
        let state = self.out.groups.get(usize::from(group))?;
        let available = self.shared.cluster.available(attempt.slot, attempt.node, View::Preempting);
        let lacking = state.ask.minus(available);
        let wanted: Vec<u16> =
            state.group.port_requests().iter().filter_map(|port| port.static_port).collect();
        let rank = |alloc: &Arc<Alloc>| {
            let blocks = alloc.ports.iter().any(|port| wanted.contains(&port.value));
            let far = distance(lacking, alloc.resources()) + self.too_many(attempt, alloc);
            (!blocks, far)
        };
        let level = attempt.left.iter().enumerate().take_while(|(_, alloc)| alloc.job.priority == lowest);
        let ranked = level.map(|(at, alloc)| (at, rank(alloc)));
        let nearer = |a: &(bool, f64), b: &(bool, f64)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1));
        ranked.min_by(|(_, a), (_, b)| nearer(a, b)).map(|(at, _)| at)
    }

    /// How much worse it is to take one more of a group of which others are taken already.
    fn too_many(&self, attempt: &Attempt<'a>, alloc: &Alloc) -> f64 {
        let Some(migrate) = alloc.group_spec().and_then(|group| group.migrate.as_ref()) else { return 0.0 };
        let key: JobKey = alloc.job.key();
        let chosen = attempt.chosen.iter().filter(|one| one.group == alloc.group && one.job.key() == key);
        let before = self.evicted_of.get(&(key.clone(), alloc.group)).copied().unwrap_or_default();
        let taken =
            u32::try_from(chosen.count()).unwrap_or(u32::MAX).saturating_add(before).saturating_add(1);
        f64::from(taken.saturating_sub(migrate.max_parallel.max(1))) * TOO_MANY_OF_A_GROUP
    }

    /// Thinks back whoever is not needed, the most important and largest ones first. Afterwards nobody can be spared:
    /// who was needed among many is needed among few.
    fn spare(&mut self, attempt: &mut Attempt<'a>, group: u16) {
        let size = |alloc: &Arc<Alloc>| alloc.resources();
        attempt.chosen.sort_by_key(|alloc| {
            let Resources { cpu_mhz, memory_mb, disk_mb, .. } = size(alloc);
            (Reverse(alloc.job.priority), Reverse((cpu_mhz, memory_mb, disk_mb)), alloc.id)
        });
        let mut at = 0;
        while at < attempt.chosen.len() {
            let victim = attempt.chosen.remove(at);
            self.shared.cluster.think_back(attempt.slot, &victim);
            if !self.fits(attempt, group) {
                self.shared.cluster.think_away(attempt.slot, &victim);
                attempt.chosen.insert(at, victim);
                at += 1;
            }
        }
    }

    fn fits(&mut self, attempt: &Attempt<'a>, group: u16) -> bool {
        self.room(attempt, group).is_some_and(|room| room.is_ok())
    }

    /// What would be left, and the ports given, without those chosen; or what would be lacking even then.
    fn room(&mut self, attempt: &Attempt<'a>, group: u16) -> Option<Result<Room, Text>> {
        let state = self.out.groups.get_mut(usize::from(group))?;
        Some(state.fits_preempting(attempt.slot, attempt.node, &self.shared, self.draw))
    }
}

/// The choice on one node as it is made.
struct Attempt<'a> {
    slot: u32,
    node: &'a NodeSlot,
    chosen: Vec<Arc<Alloc>>,
    /// By priority, the least important first.
    left: Vec<Arc<Alloc>>,
}

/// How far a share is from what is lacking, in parts of what is lacking: 0 when it is exactly that.
fn distance(lacking: Resources, share: Resources) -> f64 {
    let part = |lacking: u64, share: u64| match lacking {
        0 => 0.0,
        _ => (lacking as f64 - share as f64) / lacking as f64,
    };
    let parts = [
        part(lacking.cpu_mhz, share.cpu_mhz),
        part(lacking.memory_mb, share.memory_mb),
        part(lacking.disk_mb, share.disk_mb),
    ];
    parts.iter().map(|part| part * part).sum::<f64>().sqrt()
}
