//! The leader's brains (`muster-leader`) behind one lock, fed with what was applied.
//!
//! ```text
//!   applied events ─> broker ──lease──> worker threads ──submit──> plan queue ──batch──> planner ─> log
//!        │             ^  ^                                                                 │
//!        '─> blocked ──'  '────────────── ack / retry / nack ───────────────────────────────'
//! ```
//!
//! All decisions are made by [`muster_leader::Leader`]; this file only holds it, and wakes who waits. On a server that
//! does not lead it is empty.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use muster_consensus::AppliedBatch;
use muster_cron::Zone;
use muster_ids::{Index, NodeId, UnixNanos};
use muster_leader::{
    BatchId, Draw, HeartbeatLimits, Leader, Overdue, PlanBatch, PlanRejections, RejectionLimits, Token, Work,
};
use muster_model::{JobType, Plan, PlanOutcome};
use muster_state::Snapshot;
use muster_state::command::Command;
use tokio::sync::Notify;

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
    /// Jobs whose schedule is followed.
    pub scheduled: usize,
}

#[derive(Debug)]
pub(crate) struct Brain {
    state: Mutex<Held>,
    work: Condvar,
    pub plans_waiting: Notify,
    pub overdue: Notify,
}

#[derive(Debug)]
struct Held {
    leader: Leader,
    stopped: bool,
}

impl Brain {
    pub(crate) fn new(heartbeats: HeartbeatLimits) -> Self {
        Self {
            state: Mutex::new(Held { leader: Leader::new(heartbeats), stopped: false }),
            work: Condvar::new(),
            plans_waiting: Notify::new(),
            overdue: Notify::new(),
        }
    }

    /// The same, with an eye on nodes whose plans are refused.
    pub(crate) fn tracking(self, limits: Option<RejectionLimits>) -> Self {
        self.lock().leader.rejections = PlanRejections::new(limits);
        self
    }

    /// How often plans for a node were refused of late.
    pub(crate) fn rejection_scores(&self, now: UnixNanos) -> Vec<(NodeId, usize)> {
        self.lock().leader.rejections.scores(now)
    }

    /// What `Local` means in periodic jobs.
    pub(crate) fn set_local_zone(&self, zone: Zone) {
        self.lock().leader.periodic.set_local_zone(zone);
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many versions of a job are kept while this server leads.
    pub(crate) fn keep_versions(&self, versions: u32) {
        self.lock().leader.tracked_versions = Some(versions);
    }

    /// This server leads: fill the queues from the state.
    pub(crate) fn lead(&self, snapshot: &Snapshot, now: UnixNanos) {
        self.lock().leader.lead(snapshot, now);
        self.wake();
    }

    /// Batches were missed: take in whatever they may have brought.
    pub(crate) fn resume(&self, snapshot: &Snapshot, now: UnixNanos) {
        self.lock().leader.resume(snapshot, now);
        self.wake();
    }

    /// This server does not lead (any more).
    pub(crate) fn follow(&self) {
        self.lock().leader.flush();
    }

    /// Ends all waiting workers.
    pub(crate) fn stop(&self) {
        self.lock().stopped = true;
        self.wake();
    }

    /// Takes in what one batch of entries established.
    pub(crate) fn applied(&self, batch: &AppliedBatch, now: UnixNanos) {
        self.lock().leader.applied(batch.index, &batch.events, now);
        self.wake();
    }

    /// A node spoke; answers how soon it has to again.
    pub(crate) fn beat(&self, node: NodeId, now: UnixNanos) -> Duration {
        self.lock().leader.heartbeats.beat(node, now)
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
            let work = state.leader.take_work(kinds, most, now());
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
        let unseen = state.leader.plans.unseen_at(snapshot.index()).cloned().collect();
        state.leader.plans.forget_until(snapshot.index());
        (snapshot, unseen)
    }

    /// Queues a plan, unless its lease is over.
    pub(crate) fn submit(&self, work: Work, plan: Plan, now: UnixNanos) {
        self.lock().leader.submit(work, plan, now);
        self.plans_waiting.notify_one();
    }

    /// The plans for the next log entry.
    pub(crate) fn next_batch(&self) -> Option<PlanBatch> {
        self.lock().leader.next_batch()
    }

    /// A batch was applied: finish what went through whole, try the rest again at once.
    pub(crate) fn committed(
        &self,
        batch: BatchId,
        index: Index,
        outcomes: &[(Token, Option<PlanOutcome>)],
        now: UnixNanos,
    ) {
        self.lock().leader.committed(batch, index, outcomes, now);
        self.wake();
    }

    /// A batch never reached the log.
    pub(crate) fn failed(&self, batch: &PlanBatch, now: UnixNanos) {
        self.lock().leader.failed(batch, now);
        self.wake();
    }

    /// Evaluations that needed no plan are stored; their leases end.
    pub(crate) fn finish(&self, tokens: &[Token], stored: bool, now: UnixNanos) {
        self.lock().leader.finish(tokens, stored, now);
        self.wake();
    }

    /// Moves on what time has decided, and hands out what has to be proposed for it.
    pub(crate) fn tick(&self, now: UnixNanos) -> Overdue {
        let overdue = self.lock().leader.tick(now);
        self.work.notify_all();
        overdue
    }

    /// What the newest state and the time call for.
    pub(crate) fn decide(&self, snapshot: &Snapshot, now: UnixNanos, draw: &mut Draw<'_>) -> Vec<Command> {
        self.lock().leader.decide(snapshot, now, draw)
    }

    /// What was overdue did not reach the log: it becomes overdue again.
    pub(crate) fn put_back(&self, overdue: Overdue, now: UnixNanos) {
        self.lock().leader.put_back(overdue, now);
        self.work.notify_all();
    }

    pub(crate) fn stats(&self) -> BrainStats {
        let state = &self.lock().leader;
        let broker = state.broker.stats();
        BrainStats {
            ready: broker.ready,
            unacked: broker.unacked,
            waiting: broker.waiting,
            pending: broker.blocked,
            blocked: state.blocked.stats().blocked,
            heartbeats: state.heartbeats.tracked(),
            plans: state.plans.stats().waiting,
            scheduled: state.periodic.tracked(),
        }
    }

    fn wake(&self) {
        self.work.notify_all();
        self.overdue.notify_one();
    }
}

#[cfg(test)]
mod tests;
