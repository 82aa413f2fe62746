//! What the brains hold, and how each fact and each tick of the clock moves it. Steps values; waits for nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use muster_ids::{Index, UnixNanos};
use muster_leader::{
    BatchLimits, BlockedEvals, BrokerLimits, EvalBroker, HeartbeatLimits, Heartbeats, PlanQueue, Token,
};
use muster_model::{EvalStatus, Evaluation, JobType, NodeStatus};
use muster_state::Snapshot;
use muster_state::command::Event;

use super::{Overdue, Work};

/// How often evaluations that gave up on conflicting plans are tried again.
const CONFLICTED_INTERVAL: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct State {
    /// The state that the queues were last filled from, while this server leads.
    pub leading_from: Option<Index>,
    pub stopped: bool,
    pub broker: EvalBroker,
    pub blocked: BlockedEvals,
    pub heartbeats: Heartbeats,
    pub plans: PlanQueue,
    pub retries: VecDeque<Work>,
    /// Attempts behind the plans now in the queue.
    pub attempts: BTreeMap<Token, Work>,
    /// Superfluous evaluations whose end did not reach the log.
    superseded: Vec<Arc<Evaluation>>,
    /// When conflicted evaluations are next tried again.
    next_conflicted: UnixNanos,
}

impl State {
    pub fn new(heartbeats: HeartbeatLimits) -> Self {
        Self {
            leading_from: None,
            stopped: false,
            broker: EvalBroker::new(BrokerLimits::default()),
            blocked: BlockedEvals::default(),
            heartbeats: Heartbeats::new(heartbeats),
            plans: PlanQueue::new(BatchLimits::default()),
            retries: VecDeque::new(),
            attempts: BTreeMap::new(),
            superseded: Vec::new(),
            next_conflicted: UnixNanos::ZERO,
        }
    }

    pub fn flush(&mut self) {
        self.leading_from = None;
        self.broker.flush();
        self.blocked.flush();
        self.heartbeats.flush();
        self.plans.flush();
        self.retries.clear();
        self.attempts.clear();
        self.superseded.clear();
    }

    /// Takes in everything open. Whoever waits for capacity looks once more: what came free before this server
    /// watched, or while it missed batches, is not known.
    pub fn refill(&mut self, snapshot: &Snapshot, now: UnixNanos) {
        let takers = snapshot.nodes().filter(|node| node.accepts_work());
        let classes: BTreeSet<_> = takers.map(|node| &node.computed_class).collect();
        for class in classes {
            let woken = self.blocked.capacity_freed(class, snapshot.index());
            self.enqueue(woken, now);
        }
        for eval in snapshot.evals() {
            self.take_eval(eval, now);
        }
    }

    pub fn take_event(&mut self, event: &Event, index: Index, now: UnixNanos) {
        match event {
            Event::EvalUpdated(eval) => self.take_eval(eval, now),
            Event::CapacityFreed { class, .. } => {
                let woken = self.blocked.capacity_freed(class, index);
                self.enqueue(woken, now);
            }
            Event::JobDeregistered { job, .. } => {
                // Its evaluation, applied in the same entry, cancels the blocked one in the state.
                let _superfluous = self.blocked.untrack(&job.key());
            }
            Event::NodeUpdated(node) | Event::NodeRegistered(node) if node.status == NodeStatus::Down => {
                self.heartbeats.forget(node.id);
            }
            // From now on it is expected to speak, whichever server it registered with.
            Event::NodeRegistered(node) => {
                let _ttl = self.heartbeats.beat(node.id, now);
            }
            Event::Collected { nodes, .. } => nodes.iter().for_each(|node| self.heartbeats.forget(*node)),
            _ => {}
        }
    }

    fn take_eval(&mut self, eval: &Arc<Evaluation>, now: UnixNanos) {
        match eval.status {
            EvalStatus::Pending => self.broker.enqueue(Arc::clone(eval), now),
            EvalStatus::Blocked => {
                let missed = self.blocked.block(Arc::clone(eval));
                self.enqueue(missed, now);
            }
            EvalStatus::Complete | EvalStatus::Failed | EvalStatus::Canceled => self.unblock(eval, now),
        }
    }

    /// An evaluation that is over waits for nothing. Another one of its job goes on waiting.
    fn unblock(&mut self, over: &Evaluation, now: UnixNanos) {
        if let Some(held) = self.blocked.untrack(&over.job_key())
            && held.id != over.id
        {
            let missed = self.blocked.block(held);
            self.enqueue(missed, now);
        }
    }

    fn enqueue(&mut self, evals: impl IntoIterator<Item = Arc<Evaluation>>, now: UnixNanos) {
        for eval in evals {
            self.broker.enqueue(eval, now);
        }
    }

    pub fn take_work(&mut self, kinds: &[JobType], most: usize, now: UnixNanos) -> Vec<Work> {
        let mut work: Vec<Work> = Vec::new();
        while work.len() < most
            && let Some(retry) = self.retries.pop_front()
        {
            if self.broker.holds(retry.lease.token) {
                work.push(retry);
            }
        }
        while work.len() < most
            && let Some(lease) = self.broker.dequeue(kinds, now)
        {
            work.push(Work { lease, attempt: 1 });
        }
        work
    }

    /// Whether a plan's lease still stands; if not, the attempt behind it is forgotten.
    pub fn still_holds(&mut self, token: Token) -> bool {
        let holds = self.broker.holds(token);
        if !holds {
            self.attempts.remove(&token);
        }
        holds
    }

    pub fn tick(&mut self, now: UnixNanos) -> Overdue {
        self.broker.tick(now);
        if now >= self.next_conflicted {
            self.next_conflicted = now.after(CONFLICTED_INTERVAL);
            let conflicted = self.blocked.take_conflicted();
            self.enqueue(conflicted, now);
        }
        let mut superseded = std::mem::take(&mut self.superseded);
        superseded.extend(self.broker.take_superseded());
        superseded.extend(self.blocked.take_superseded());
        let failed = self.broker.take_failed();
        let expiry = self.heartbeats.expired(now);
        let deadlines = [self.broker.next_deadline(), self.heartbeats.next_deadline(now)];
        Overdue { superseded, failed, expiry, next: deadlines.into_iter().flatten().min() }
    }

    pub fn put_back(&mut self, overdue: Overdue, now: UnixNanos) {
        self.superseded.extend(overdue.superseded);
        self.enqueue(overdue.failed, now);
        for node in overdue.expiry.down {
            let _ttl = self.heartbeats.beat(node, now);
        }
    }
}
