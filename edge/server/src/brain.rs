//! The leader's brains (`muster-leader`) behind one lock, fed with what was applied.
//!
//! ```text
//!   applied events ─> broker ──lease──> worker threads ──submit──> plan queue ──batch──> planner ─> log
//!        │             ^  ^                                                                 │
//!        '─> blocked ──'  '────────────── ack / retry / nack ───────────────────────────────'
//! ```
//!
//! All decisions are made by the pure parts; this file only holds them, and wakes who waits. On a server that does
//! not lead they are empty.

mod state;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use muster_consensus::AppliedBatch;
use muster_ids::{Index, NodeId, UnixNanos};
use muster_leader::{BatchId, Expiry, HeartbeatLimits, Lease, PlanBatch, Token};
use muster_model::{Evaluation, JobType, NodeStatus, Plan, PlanOutcome};
use muster_state::Snapshot;
use tokio::sync::Notify;

use state::State;

/// An evaluation to schedule, and for the how manieth time in a row.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub lease: Lease,
    pub attempt: u32,
}

/// What became overdue: to be proposed by the housekeeper.
#[derive(Debug, Default)]
pub(crate) struct Overdue {
    /// Evaluations that a newer one made superfluous.
    pub superseded: Vec<Arc<Evaluation>>,
    /// Evaluations handed out too often.
    pub failed: Vec<Arc<Evaluation>>,
    pub expiry: Expiry,
    pub next: Option<UnixNanos>,
}

/// Sizes of the queues, for metrics.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct BrainStats {
    pub ready: usize,
    pub unacked: usize,
    pub waiting: usize,
    /// Behind an earlier evaluation of the same job.
    pub pending: usize,
    pub blocked: usize,
    pub heartbeats: usize,
    pub plans: usize,
}

#[derive(Debug)]
pub(crate) struct Brain {
    state: Mutex<State>,
    work: Condvar,
    pub plans_waiting: Notify,
    pub overdue: Notify,
}

impl Brain {
    pub(crate) fn new(heartbeats: HeartbeatLimits) -> Self {
        Self {
            state: Mutex::new(State::new(heartbeats)),
            work: Condvar::new(),
            plans_waiting: Notify::new(),
            overdue: Notify::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This server leads: fill the queues from the state.
    pub(crate) fn lead(&self, snapshot: &Snapshot, now: UnixNanos) {
        let mut state = self.lock();
        state.flush();
        state.leading_from = Some(snapshot.index());
        let live = snapshot.nodes().filter(|node| node.status != NodeStatus::Down).map(|node| node.id);
        state.heartbeats.lead(live, now, Duration::ZERO);
        state.refill(snapshot, now);
        drop(state);
        self.wake();
    }

    /// Batches were missed: take in whatever they may have brought. What is leased or in flight stays so, and with it
    /// the plans that no snapshot shows yet.
    pub(crate) fn resume(&self, snapshot: &Snapshot, now: UnixNanos) {
        let mut state = self.lock();
        if state.leading_from.is_none() {
            return;
        }
        state.leading_from = state.leading_from.max(Some(snapshot.index()));
        state.refill(snapshot, now);
        drop(state);
        self.wake();
    }

    /// This server does not lead (any more).
    pub(crate) fn follow(&self) {
        self.lock().flush();
    }

    /// Ends all waiting workers.
    pub(crate) fn stop(&self) {
        self.lock().stopped = true;
        self.wake();
    }

    /// Takes in what one batch of entries established.
    pub(crate) fn applied(&self, batch: &AppliedBatch, now: UnixNanos) {
        let mut state = self.lock();
        if state.leading_from.is_none_or(|from| batch.index <= from) {
            return;
        }
        for event in &batch.events {
            state.take_event(event, batch.index, now);
        }
        drop(state);
        self.wake();
    }

    /// A node spoke; answers how soon it has to again.
    pub(crate) fn beat(&self, node: NodeId, now: UnixNanos) -> Duration {
        self.lock().heartbeats.beat(node, now)
    }

    /// Blocks the calling thread until there is work of these kinds; `None` once the server stops.
    pub(crate) fn lease(
        &self,
        kinds: &[JobType],
        most: usize,
        now: impl Fn() -> UnixNanos,
    ) -> Option<Vec<Work>> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            let work = state.take_work(kinds, most, now());
            if !work.is_empty() {
                return Some(work);
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The newest state, and the plans it does not show yet. Taken together, so that no plan is missed.
    pub(crate) fn view(&self, newest: impl FnOnce() -> Snapshot) -> (Snapshot, Vec<Arc<Plan>>) {
        let mut state = self.lock();
        let snapshot = newest();
        let unseen = state.plans.unseen_at(snapshot.index()).cloned().collect();
        state.plans.forget_until(snapshot.index());
        (snapshot, unseen)
    }

    /// Queues a plan, unless its lease is over.
    pub(crate) fn submit(&self, work: Work, plan: Plan, now: UnixNanos) {
        let mut state = self.lock();
        let token = work.lease.token;
        if state.broker.extend(token, now).is_ok() {
            state.attempts.insert(token, work);
            state.plans.submit(token, Arc::new(plan));
        }
        drop(state);
        self.plans_waiting.notify_one();
    }

    /// The plans for the next log entry. Those whose lease ended while they waited are left out: somebody else does
    /// their evaluation anew.
    pub(crate) fn next_batch(&self) -> Option<PlanBatch> {
        let mut state = self.lock();
        while let Some(mut batch) = state.plans.next_batch() {
            batch.plans.retain(|(token, _)| state.still_holds(*token));
            if !batch.plans.is_empty() {
                return Some(batch);
            }
            state.plans.failed(batch.id);
        }
        None
    }

    /// A batch was applied: finish what went through whole, try the rest again at once.
    pub(crate) fn committed(
        &self,
        batch: BatchId,
        index: Index,
        outcomes: &[(Token, Option<PlanOutcome>)],
        now: UnixNanos,
    ) {
        let mut state = self.lock();
        state.plans.committed(batch, index);
        for (token, outcome) in outcomes {
            let work = state.attempts.remove(token);
            match (outcome, work) {
                (Some(outcome), _) if outcome.refused.is_empty() => {
                    let _over = state.broker.ack(*token);
                }
                (Some(_), Some(work)) if state.broker.holds(*token) => {
                    state.retries.push_back(Work { attempt: work.attempt + 1, ..work });
                }
                _ => {
                    let _over = state.broker.nack(*token, now);
                }
            }
        }
        drop(state);
        self.wake();
    }

    /// A batch never reached the log.
    pub(crate) fn failed(&self, batch: &PlanBatch, now: UnixNanos) {
        let mut state = self.lock();
        state.plans.failed(batch.id);
        for (token, _) in &batch.plans {
            state.attempts.remove(token);
            let _over = state.broker.nack(*token, now);
        }
        drop(state);
        self.wake();
    }

    /// Evaluations that needed no plan are stored; their leases end.
    pub(crate) fn finish(&self, tokens: &[Token], stored: bool, now: UnixNanos) {
        let mut state = self.lock();
        for token in tokens {
            let _over = if stored { state.broker.ack(*token) } else { state.broker.nack(*token, now) };
        }
        drop(state);
        self.wake();
    }

    /// Moves on what time has decided, and hands out what has to be proposed for it.
    pub(crate) fn tick(&self, now: UnixNanos) -> Overdue {
        let mut state = self.lock();
        if state.leading_from.is_none() {
            return Overdue::default();
        }
        let overdue = state.tick(now);
        drop(state);
        self.work.notify_all();
        overdue
    }

    /// What was overdue did not reach the log: it becomes overdue again.
    pub(crate) fn put_back(&self, overdue: Overdue, now: UnixNanos) {
        let mut state = self.lock();
        if state.leading_from.is_some() {
            state.put_back(overdue, now);
        }
        drop(state);
        self.work.notify_all();
    }

    pub(crate) fn stats(&self) -> BrainStats {
        let state = self.lock();
        let broker = state.broker.stats();
        BrainStats {
            ready: broker.ready,
            unacked: broker.unacked,
            waiting: broker.waiting,
            pending: broker.blocked,
            blocked: state.blocked.stats().blocked,
            heartbeats: state.heartbeats.tracked(),
            plans: state.plans.stats().waiting,
        }
    }

    fn wake(&self) {
        self.work.notify_all();
        self.overdue.notify_one();
    }
}

#[cfg(test)]
mod tests;
