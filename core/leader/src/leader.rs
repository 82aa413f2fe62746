//! Everything a leader thinks, as one value: the brains of this crate, and how each applied fact and each tick of the
//! clock moves them.
//!
//! Steps values; waits for nothing, proposes nothing. The server puts it behind a lock and proposes what it decides; the
//! simulator steps the very same value. To add a brain: a field here, its share in [`Leader::flush`],
//! [`Leader::refill`], [`Leader::take_event`], and [`Leader::decide`] or [`Leader::tick`], and its deadline.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use muster_ids::{EvalId, Index, UnixNanos};
use muster_model::{EvalStatus, EvalTrigger, Evaluation, JobType, NodeStatus, PlanOutcome};
use muster_state::Snapshot;
use muster_state::command::{Command, EvalUpdate, Event, IdSeed, NodeStatusUpdate, TrackedVersionsSet};

use crate::{
    BatchId, BatchLimits, BlockedEvals, BrokerLimits, Deployments, Disconnects, Drainer, EvalBroker, Expiry,
    HeartbeatLimits, Heartbeats, Lease, PeriodicDispatcher, PlanBatch, PlanQueue, PlanRejections, Token,
    silent_status,
};

/// How often evaluations that gave up on conflicting plans are tried again.
const CONFLICTED_INTERVAL: Duration = Duration::from_secs(60);
/// How long an evaluation that was handed out too often rests before it is tried again.
const FOLLOW_UP_DELAY: Duration = Duration::from_secs(60);

/// What one node costs a server that all of them connect to again: a handshake.
const RECONNECT: Duration = Duration::from_micros(450);

/// Draws 16 random bytes, from which ids and seeds are made: chance is an input.
pub type Draw<'a> = dyn FnMut() -> [u8; 16] + 'a;

/// An evaluation to schedule, and for the how manieth time in a row.
#[derive(Debug, Clone)]
pub struct Work {
    pub lease: Lease,
    pub attempt: u32,
}

/// What became overdue, and is to be proposed.
#[derive(Debug, Default)]
pub struct Overdue {
    /// Evaluations that a newer one made superfluous.
    pub superseded: Vec<Arc<Evaluation>>,
    /// Evaluations handed out too often.
    pub failed: Vec<Arc<Evaluation>>,
    pub expiry: Expiry,
    /// When to look again.
    pub next: Option<UnixNanos>,
}

#[derive(Debug)]
pub struct Leader {
    /// The state that the queues were last filled from, while this server leads.
    pub leading_from: Option<Index>,
    pub broker: EvalBroker,
    pub blocked: BlockedEvals,
    pub heartbeats: Heartbeats,
    pub plans: PlanQueue,
    pub drainer: Drainer,
    pub disconnects: Disconnects,
    /// How many versions of a job the operator wants kept; `None` leaves it as the cluster has it.
    pub tracked_versions: Option<u32>,
    deployments: Deployments,
    pub rejections: PlanRejections,
    pub periodic: PeriodicDispatcher,
    retries: VecDeque<Work>,
    /// Attempts behind the plans now in the queue.
    attempts: BTreeMap<Token, Work>,
    /// Superfluous evaluations whose end did not reach the log.
    superseded: Vec<Arc<Evaluation>>,
    /// When conflicted evaluations are next tried again.
    next_conflicted: UnixNanos,
    /// An operator has paused the broker: evaluations are neither taken in nor handed out. They are in the state.
    paused: bool,
    /// The newest word on that which was taken in.
    paused_from: Index,
}

impl Leader {
    #[must_use]
    pub fn new(heartbeats: HeartbeatLimits) -> Self {
        Self {
            leading_from: None,
            broker: EvalBroker::new(BrokerLimits::default()),
            blocked: BlockedEvals::default(),
            heartbeats: Heartbeats::new(heartbeats),
            plans: PlanQueue::new(BatchLimits::default()),
            drainer: Drainer::default(),
            disconnects: Disconnects::default(),
            tracked_versions: None,
            deployments: Deployments::default(),
            rejections: PlanRejections::default(),
            periodic: PeriodicDispatcher::default(),
            retries: VecDeque::new(),
            attempts: BTreeMap::new(),
            superseded: Vec::new(),
            next_conflicted: UnixNanos::ZERO,
            paused: false,
            paused_from: Index::ZERO,
        }
    }

    /// This server leads: fill the queues from the state.
    pub fn lead(&mut self, snapshot: &Snapshot, now: UnixNanos) {
        self.flush();
        self.leading_from = Some(snapshot.index());
        self.paused = snapshot.scheduler_config().pause_eval_broker;
        // Who lost contact before is expected no more than who is down.
        let gone = |status| matches!(status, NodeStatus::Down | NodeStatus::Disconnected);
        let live = snapshot.nodes().filter(|node| !gone(node.status)).map(|node| node.id);
        let live: Vec<_> = live.collect();
        let reconnect = RECONNECT * u32::try_from(live.len()).unwrap_or(u32::MAX);
        self.heartbeats.lead(live, now, reconnect);
        self.periodic.lead(now);
        self.refill(snapshot, now);
    }

    /// Entries were missed: take in whatever they may have brought. What is leased or in flight stays so, and with it
    /// the plans that no snapshot shows yet.
    pub fn resume(&mut self, snapshot: &Snapshot, now: UnixNanos) {
        if self.leads() {
            self.leading_from = self.leading_from.max(Some(snapshot.index()));
            self.pause(snapshot.scheduler_config().pause_eval_broker);
            self.refill(snapshot, now);
        }
    }

    #[must_use]
    pub const fn leads(&self) -> bool {
        self.leading_from.is_some()
    }

    /// Whether something here will come of the evaluation, sooner or later. What was handed out to be proposed is with
    /// whoever proposes it, and not in mind until that failed.
    #[must_use]
    pub fn minds(&self, eval: EvalId) -> bool {
        self.broker.knows(eval)
            || self.blocked.holds(eval)
            || self.superseded.iter().any(|old| old.id == eval)
    }

    /// Takes in what the entries up to `index` established; what the first look already showed is not taken in twice.
    pub fn applied(&mut self, index: Index, events: &[Event], now: UnixNanos) {
        if self.leading_from.is_some_and(|from| index > from) {
            events.iter().for_each(|event| self.take_event(event, index, now));
        }
    }

    /// This server does not lead (any more).
    pub fn flush(&mut self) {
        self.leading_from = None;
        self.paused = false;
        self.forget_evals();
        self.heartbeats.flush();
        self.drainer.flush();
        self.deployments.flush();
        self.disconnects.flush();
        self.periodic.flush();
        self.rejections.flush();
    }

    fn forget_evals(&mut self) {
        self.broker.flush();
        self.blocked.flush();
        self.plans.flush();
        self.retries.clear();
        self.attempts.clear();
        self.superseded.clear();
    }

    /// Whoever holds an evaluation when the broker is paused has held it in vain: it is handed out again afterwards.
    fn pause(&mut self, paused: bool) {
        if paused && !self.paused {
            self.forget_evals();
        }
        self.paused = paused;
    }

    /// Takes everything open in again once the state, no older than the last word on pausing, says so.
    fn go_on(&mut self, snapshot: &Snapshot, now: UnixNanos) {
        let is_news = snapshot.index() >= self.paused_from;
        if self.paused && is_news && !snapshot.scheduler_config().pause_eval_broker {
            self.paused = false;
            self.refill_evals(snapshot, now);
        }
    }

    #[must_use]
    pub const fn is_paused(&self) -> bool {
        self.paused
    }

    /// Takes in everything that is under way.
    fn refill(&mut self, snapshot: &Snapshot, now: UnixNanos) {
        self.refill_evals(snapshot, now);
        self.drainer.refill(snapshot);
        self.deployments.refill(snapshot);
        self.disconnects.refill(snapshot);
        self.periodic.refill(snapshot);
    }

    /// Takes in every open evaluation. Whoever waits for capacity looks once more: what came free before this server
    /// watched, or while it missed batches, is not known.
    fn refill_evals(&mut self, snapshot: &Snapshot, now: UnixNanos) {
        if self.paused {
            return;
        }
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

    fn take_event(&mut self, event: &Event, index: Index, now: UnixNanos) {
        self.drainer.take_event(event, index);
        self.deployments.take_event(event, index);
        self.disconnects.take_event(event, index);
        self.periodic.take_event(event, index);
        match event {
            // Whoever goes on from the state needs one that shows it.
            Event::EvalUpdated(_) if self.paused => self.paused_from = index,
            Event::EvalUpdated(eval) => self.take_eval(eval, now),
            Event::CapacityFreed { class, .. } => {
                let woken = self.blocked.capacity_freed(class, index);
                self.enqueue(woken, now);
            }
            Event::NamespaceUpserted(namespace) => {
                let woken = self.blocked.namespace_changed(&namespace.name, index);
                self.enqueue(woken, now);
            }
            Event::NamespaceDeleted(namespace) => self.blocked.forget_namespace(&namespace.name),
            Event::JobDeregistered { job, .. } => {
                // Its evaluation, applied in the same entry, cancels the blocked one in the state.
                let _superfluous = self.blocked.untrack(&job.key());
            }
            Event::NodeUpdated(node) | Event::NodeRegistered(node)
                if matches!(node.status, NodeStatus::Down | NodeStatus::Disconnected) =>
            {
                self.heartbeats.forget(node.id);
            }
            // From now on it is expected to speak, whichever server it registered with.
            Event::NodeRegistered(node) => {
                let _ttl = self.heartbeats.beat(node.id, now);
            }
            // Going on needs the state: see `decide`.
            Event::SchedulerConfigUpdated(config) => {
                self.paused_from = index;
                self.pause(self.paused || config.pause_eval_broker);
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

    /// Hands out evaluations of these kinds, at most `most`: first those whose last plan was refused in part.
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

    /// Queues a plan, unless its lease is over.
    pub fn submit(&mut self, work: Work, plan: muster_model::Plan, now: UnixNanos) {
        let token = work.lease.token;
        if self.broker.extend(token, now).is_ok() {
            self.attempts.insert(token, work);
            self.plans.submit(token, Arc::new(plan));
        }
    }

    /// The plans for the next log entry. Those whose lease ended while they waited are left out: somebody else does
    /// their evaluation anew.
    pub fn next_batch(&mut self) -> Option<PlanBatch> {
        while let Some(mut batch) = self.plans.next_batch() {
            batch.plans.retain(|(token, _)| self.still_holds(*token));
            if !batch.plans.is_empty() {
                batch.plans.iter().for_each(|(token, _)| self.broker.hold(*token));
                return Some(batch);
            }
            self.plans.failed(batch.id);
        }
        None
    }

    /// Whether a plan's lease still stands; if not, the attempt behind it is forgotten.
    fn still_holds(&mut self, token: Token) -> bool {
        let holds = self.broker.holds(token);
        if !holds {
            self.attempts.remove(&token);
        }
        holds
    }

    /// A batch was applied: finish what went through whole, try the rest again at once.
    pub fn committed(
        &mut self,
        batch: BatchId,
        index: Index,
        outcomes: &[(Token, Option<PlanOutcome>)],
        now: UnixNanos,
    ) {
        self.plans.committed(batch, index);
        for node in outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref()).flat_map(|o| &o.crowded) {
            self.rejections.refused(*node, now);
        }
        for (token, outcome) in outcomes {
            let work = self.attempts.remove(token);
            match (outcome, work) {
                (Some(outcome), _) if outcome.is_whole() => {
                    let _over = self.broker.ack(*token);
                }
                (Some(_), Some(work)) if self.broker.extend(*token, now).is_ok() => {
                    self.retries.push_back(Work { attempt: work.attempt + 1, ..work });
                }
                _ => {
                    let _over = self.broker.nack(*token, now);
                }
            }
        }
    }

    /// A batch never reached the log.
    pub fn failed(&mut self, batch: &PlanBatch, now: UnixNanos) {
        self.plans.failed(batch.id);
        for (token, _) in &batch.plans {
            self.attempts.remove(token);
            let _over = self.broker.nack(*token, now);
        }
    }

    /// Evaluations that needed no plan are stored, or could not be; their leases end.
    pub fn finish(&mut self, tokens: &[Token], stored: bool, now: UnixNanos) {
        for token in tokens {
            let _over = if stored { self.broker.ack(*token) } else { self.broker.nack(*token, now) };
        }
    }

    /// What the state as it is and the time call for, beyond [`Self::tick`]: commands to propose now. Asked again after
    /// every entry and at the time that [`Self::tick`] names; a command that was proposed and did not reach the log is decided
    /// again, and `apply` judges what comes twice.
    pub fn decide(&mut self, snapshot: &Snapshot, now: UnixNanos, draw: &mut Draw<'_>) -> Vec<Command> {
        if !self.leads() {
            return Vec::new();
        }
        self.go_on(snapshot, now);
        let wanted = self.tracked_versions.filter(|versions| *versions != snapshot.tracked_versions());
        let mut commands: Vec<Command> = wanted
            .map(|versions| Command::TrackedVersionsSet(TrackedVersionsSet { versions }))
            .into_iter()
            .collect();
        commands.extend(self.drainer.decide(snapshot, now, draw));
        commands.extend(self.deployments.decide(snapshot, now, draw));
        commands.extend(self.rejections.decide(snapshot, now));
        commands.extend(self.disconnects.decide(snapshot, now, draw));
        commands.extend(self.periodic.decide(snapshot, now, draw));
        commands
    }

    /// Moves on what time has decided, and hands out what has to be proposed for it.
    pub fn tick(&mut self, now: UnixNanos) -> Overdue {
        if !self.leads() {
            return Overdue::default();
        }
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
        let deadlines = [
            self.broker.next_deadline(),
            self.heartbeats.next_deadline(now),
            self.drainer.next_deadline(),
            self.deployments.next_deadline(),
            self.disconnects.next_deadline(),
            self.periodic.next_deadline(),
        ];
        Overdue { superseded, failed, expiry, next: deadlines.into_iter().flatten().min() }
    }

    /// What was overdue did not reach the log: it becomes overdue again.
    pub fn put_back(&mut self, overdue: Overdue, now: UnixNanos) {
        if !self.leads() {
            return;
        }
        if !self.paused {
            self.superseded.extend(overdue.superseded);
            self.enqueue(overdue.failed, now);
        }
        for node in overdue.expiry.down {
            let _ttl = self.heartbeats.beat(node, now);
        }
    }
}

impl Overdue {
    /// What to propose for it. What has ended meanwhile keeps its end.
    #[must_use]
    pub fn commands(&self, snapshot: &Snapshot, now: UnixNanos, draw: &mut Draw<'_>) -> Vec<Command> {
        let is_open = |eval: &&Arc<Evaluation>| {
            snapshot.eval(eval.id).is_some_and(|stored| !stored.status.is_terminal())
        };
        let mut commands = Vec::new();
        let mut evals: Vec<Evaluation> =
            self.superseded.iter().filter(is_open).map(|eval| canceled(eval)).collect();
        let given_up = self.failed.iter().filter(is_open);
        evals.extend(given_up.flat_map(|eval| given_up_on(eval, EvalId::from_random(draw()), now)));
        if !evals.is_empty() {
            commands.push(Command::EvalUpdate(EvalUpdate { evals }));
        }
        for node_id in &self.expiry.down {
            commands.push(Command::NodeStatusUpdate(NodeStatusUpdate {
                node_id: *node_id,
                status: silent_status(snapshot, *node_id, now),
                description: Some("heartbeat missed".into()),
                seed: IdSeed(draw()),
            }));
        }
        commands
    }
}

fn canceled(eval: &Evaluation) -> Evaluation {
    let reason = match eval.next_eval {
        Some(newer) => format!("made superfluous by evaluation {newer} of the same job"),
        None => format!("evaluation {} made superfluous by a newer one", eval.id),
    };
    Evaluation { status: EvalStatus::Canceled, status_description: Some(reason.into()), ..eval.clone() }
}

/// The failed evaluation and its follow-up after a rest.
fn given_up_on(eval: &Evaluation, next: EvalId, now: UnixNanos) -> [Evaluation; 2] {
    let reason = "maximum number of scheduling attempts reached; a follow-up evaluation will try again";
    let follow_up = Evaluation {
        id: next,
        trigger: EvalTrigger::FailedFollowUp,
        status: EvalStatus::Pending,
        status_description: None,
        wait_until: now.after(FOLLOW_UP_DELAY),
        previous_eval: Some(eval.id),
        create_time: now,
        ..eval.clone()
    };
    let status_description = Some(reason.into());
    [
        Evaluation { status: EvalStatus::Failed, status_description, next_eval: Some(next), ..eval.clone() },
        follow_up,
    ]
}
