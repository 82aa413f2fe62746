//! One group while its asks are placed: its demands, its preferences, the nodes still of use, its accounts.

mod explain;

use std::sync::Arc;

use muster_ids::NodeId;
use muster_model::{AllocMetric, Group, Job, Node, PortRequest, Resources};
use smallvec::SmallVec;

use super::candidates::Candidates;
use super::look::{Candidate, Grant, Look};
use super::ports::PortWish;
use super::{Shared, candidates_wanted};
use crate::Context;
use crate::account::{Account, Rejection};
use crate::draw::Draw;
use crate::feasible::{Demands, Distinct, Equipment, Target};
use crate::rank::{Affinities, Score, Spreads};
use crate::reconcile::Ask;

#[derive(Debug)]
pub struct GroupState<'a> {
    pub group: &'a Group,
    pub ask: Resources,
    pub position: u16,
    pub demands: Demands<'a>,
    pub equipment: Equipment<'a>,
    pub ports: Vec<PortWish<'a>>,
    /// Whether tasks may use more memory than they reserve.
    pub oversubscribed: bool,
    /// Whether allocations get something by name besides ports.
    pub takes_by_name: bool,
    pub distinct: Vec<Distinct<'a>>,
    pub affinities: Affinities<'a>,
    pub spreads: Spreads<'a>,
    candidates: Candidates,
    /// Nodes to keep off if possible, of the ask that is being placed: where it failed last comes first.
    pub avoided: SmallVec<[NodeId; 2]>,
    pub wanted: usize,
    /// Nobody can be made to make room, so nobody is looked for again.
    pub no_victims: bool,
    /// Every node once, as it looked when first met.
    tally: Account,
    own_accounts_left: u32,
    shared_metric: Option<u32>,
    /// Why asks found no place, and how many did not.
    failure: Option<Account>,
    failures: u32,
    /// How many asks wait only for others of the job to end.
    waiting: u32,
    /// A search found no room, so the next will find none either.
    full: bool,
    /// Of the nodes that allocations of the job leave, in the order of their slots, the first still of use.
    pub left_from: u32,
    /// No node qualifies, which is a failure although no ask stands for it.
    runs_nowhere: bool,
}

/// What became of one ask.
#[derive(Debug)]
pub enum Choice {
    Node {
        slot: u32,
        grant: Grant,
        account: Box<Account>,
    },
    /// The one node asked for is none of the group's nodes: nothing is missing.
    Unsuitable,
    /// On the one node asked for, this is lacking.
    NoRoom {
        lacking: Option<Lacking>,
    },
}

/// A node and why it cannot take an ask.
pub type Lacking = (u32, Rejection);

impl<'a> GroupState<'a> {
    pub fn new(
        group: &'a Group,
        position: u16,
        demands: Demands<'a>,
        shared: &Shared<'a>,
        ctx: &Context<'a>,
        draw: &mut Draw,
    ) -> Self {
        let Shared { job, cluster, config, .. } = shared;
        let affinities = Affinities::new(job, group, ctx.limits.regex_bytes);
        let spreads = Spreads::new(job, group);
        let nodes = cluster.columns().len();
        let wanted = if affinities.is_empty() && spreads.is_empty() {
            candidates_wanted(job.kind, nodes)
        } else {
            let limit = match config.feasible_node_limit {
                0 => ctx.limits.candidates_with_preferences,
                limit => limit,
            };
            usize::try_from(limit).unwrap_or(usize::MAX).max(2)
        };
        let equipment = Equipment::new(job, group, ctx.limits.regex_bytes);
        let oversubscribed = (ctx.memory_oversubscription || config.memory_oversubscription)
            && group.tasks.iter().any(|task| task.resources.memory_max_mb > task.resources.memory_mb);
        let ask = group.ask();
        Self {
            group,
            ask,
            position,
            demands,
            takes_by_name: oversubscribed || ask.cores > 0 || !equipment.devices.is_empty(),
            oversubscribed,
            equipment,
            ports: wishes(job, group),
            distinct: Distinct::all_of(job, group, position),
            affinities,
            spreads,
            candidates: Candidates::new(nodes, draw),
            avoided: SmallVec::new(),
            wanted,
            no_victims: false,
            tally: Account::default(),
            own_accounts_left: ctx.limits.own_accounts,
            shared_metric: None,
            failure: None,
            failures: 0,
            waiting: 0,
            full: false,
            left_from: 0,
            runs_nowhere: false,
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
        let Some((at, _)) = best else {
            // Where allocations need different things, another may find a place all the same.
            self.full = !self.equipment.differs;
            return Choice::NoRoom { lacking: None };
        };
        if self.own_accounts_left > 0 {
            account.scored(scored_nodes(&found, shared));
        }
        let Candidate { slot, grant, .. } = found.swap_remove(at);
        Choice::Node { slot, grant, account: Box::new(account) }
    }

    /// Looks at nodes until enough can take the ask. Those to be avoided are no choice, so they do not count.
    fn search(
        &mut self,
        ask: &Ask<'a>,
        shared: &Shared<'a>,
        draw: &mut Draw,
        account: &mut Account,
        found: &mut SmallVec<[Candidate; 16]>,
    ) {
        let first = self.candidates.begin();
        let mut enough = 0;
        while enough < self.wanted {
            let Some((slot, fresh)) = self.candidates.next() else { break };
            let Some(node) = shared.cluster.columns().get(slot) else { continue };
            let look = if fresh || self.equipment.differs {
                self.look(slot, node, ask, shared, draw)
            } else {
                self.look_again(slot, node, shared, draw)
            };
            match look {
                Look::Skip => {}
                Look::Rejected(rejection) => {
                    account.rejected(node.node(), &rejection);
                    if fresh {
                        self.tally.rejected(node.node(), &rejection);
                    }
                    if self.equipment.differs {
                        self.candidates.keep(slot);
                    } else {
                        self.candidates.leave_out(slot);
                    }
                }
                Look::Fits(candidate) => {
                    account.feasible();
                    if fresh {
                        self.tally.feasible();
                    }
                    self.candidates.keep(slot);
                    enough += usize::from(!self.avoided.contains(&node.id()));
                    found.push(candidate);
                }
            }
        }
        if first && found.is_empty() && ask.ends.is_none() {
            // Every node was met just now: no need to look at all of them again to explain.
            self.failure = Some(account.clone());
        }
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
                    Rejection::Exhausted(_) => Choice::NoRoom { lacking: Some((slot, rejection)) },
                }
            }
            Look::Fits(candidate) => {
                self.tally.feasible();
                self.only_candidate(candidate, shared)
            }
        }
    }

    /// Tries the one node that the ask's own predecessor leaves, after nothing else was found for the group.
    pub fn choose_left(&mut self, slot: u32, ask: &Ask<'a>, shared: &Shared<'a>, draw: &mut Draw) -> Choice {
        let look = shared.cluster.columns().get(slot).map(|node| self.look(slot, node, ask, shared, draw));
        match look {
            Some(Look::Fits(candidate)) => self.only_candidate(candidate, shared),
            _ => Choice::NoRoom { lacking: None },
        }
    }

    fn only_candidate(&self, candidate: Candidate, shared: &Shared<'a>) -> Choice {
        let mut account = Account::default();
        account.feasible();
        if self.own_accounts_left > 0 {
            account.scored(scored_nodes(std::slice::from_ref(&candidate), shared));
        }
        Choice::Node { slot: candidate.slot, grant: candidate.grant, account: Box::new(account) }
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

    /// Whether the next placement has an account of its own.
    pub const fn has_own_account(&self) -> bool {
        self.own_accounts_left > 0
    }

    pub const fn has_failed(&self) -> bool {
        self.failures > 0 || self.runs_nowhere
    }

    pub const fn is_full(&self) -> bool {
        self.full
    }

    pub const fn waits(&self) -> bool {
        self.waiting > 0
    }

    pub const fn count_waiting(&mut self) {
        self.waiting += 1;
    }

    pub fn arrived(&mut self, slot: u32, node: &Node, group: u16) {
        for distinct in &mut self.distinct {
            distinct.add(node, group);
        }
        if group == self.position {
            self.spreads.add(slot, node);
        }
    }

    pub fn departed(&mut self, slot: u32, node: &Node, group: u16) {
        for distinct in &mut self.distinct {
            distinct.remove(node, group);
        }
        if group == self.position {
            self.spreads.remove(slot, node);
        }
        self.candidates.reopen(slot);
    }
}

fn wishes<'a>(job: &'a Job, group: &'a Group) -> Vec<PortWish<'a>> {
    let wish =
        |request: &'a PortRequest| PortWish { request, network: Target::parse(&request.host_network, job) };
    group.port_requests().iter().map(wish).collect()
}

pub fn scored_nodes<'c>(
    found: impl IntoIterator<Item = &'c Candidate>,
    shared: &Shared<'c>,
) -> impl Iterator<Item = (&'c Node, &'c Score)> {
    let columns = shared.cluster.columns();
    found
        .into_iter()
        .filter_map(move |candidate| Some((&**columns.get(candidate.slot)?.node(), &candidate.score)))
}
