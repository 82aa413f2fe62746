//! Decides which evaluation a scheduler worker gets next, and sees that each is finished or given up.
//!
//! ```text
//!   enqueue --> waiting (wait_until) --due--> lane of its job --> ready --dequeue--> leased --ack--> gone
//!                  ^                                                                  |
//!                  '------------- nack or 60 s of silence, at most 3 deliveries ------'--> failed
//! ```
//!
//! A job has one lane: at most one of its evaluations is leased and at most one is next. An evaluation only says
//! "look at this job again", so a newer one makes an older one that nobody has begun superfluous; the older is
//! handed back to be cancelled. It never reads the state and never changes an evaluation.

mod lanes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use muster_ids::{EvalId, UnixNanos};
use muster_model::planted::{self, Plant};
use muster_model::{Evaluation, JobType};

use lanes::Lanes;

/// How patient the broker is.
#[derive(Clone, Copy, Debug)]
pub struct BrokerLimits {
    /// A lease not acknowledged for so long counts as refused.
    pub nack_timeout: Duration,
    /// How often an evaluation is handed out before it is given up.
    pub deliveries: u32,
    /// Pause after the first refusal of an evaluation.
    pub first_nack_delay: Duration,
    /// Pause after each further refusal.
    pub nack_delay: Duration,
}

impl Default for BrokerLimits {
    fn default() -> Self {
        Self {
            nack_timeout: Duration::from_secs(60),
            deliveries: 3,
            first_nack_delay: Duration::from_secs(1),
            nack_delay: Duration::from_secs(20),
        }
    }
}

/// Proves that its holder was handed an evaluation and still may finish it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(u64);

/// An evaluation in the hands of a worker.
#[derive(Clone, Debug, PartialEq)]
pub struct Lease {
    pub eval: Arc<Evaluation>,
    pub token: Token,
}

/// The lease is over: it timed out, was finished before, or leadership changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lease of this evaluation is over; drop its result and ask for another")]
pub struct TokenError;

/// How many evaluations are where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BrokerStats {
    pub ready: usize,
    pub unacked: usize,
    /// Behind a leased evaluation of the same job.
    pub blocked: usize,
    pub waiting: usize,
    /// Given up, not yet taken by [`EvalBroker::take_failed`].
    pub failed: usize,
}

#[derive(Debug)]
struct Leased {
    eval: Arc<Evaluation>,
    deadline: UnixNanos,
}

#[derive(Debug, Default)]
pub struct EvalBroker {
    limits: BrokerLimits,
    lanes: Lanes,
    leased: BTreeMap<Token, Leased>,
    lease_deadlines: BTreeSet<(UnixNanos, Token)>,
    waiting: BTreeMap<(UnixNanos, EvalId), Arc<Evaluation>>,
    /// Every evaluation that is waiting, in a lane or leased; `true` while leased.
    known: BTreeMap<EvalId, bool>,
    /// Leased evaluations that changed since they were handed out, and are wanted again.
    again: BTreeMap<EvalId, Arc<Evaluation>>,
    /// How often an evaluation has been handed out.
    deliveries: BTreeMap<EvalId, u32>,
    superseded: Vec<Arc<Evaluation>>,
    failed: Vec<Arc<Evaluation>>,
    next_token: u64,
}

impl EvalBroker {
    #[must_use]
    pub fn new(limits: BrokerLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes an evaluation in. One that is already here is left where it is. One that changed while it is leased goes
    /// on when the lease is over: what came of it, and who woke it again, may be heard of before that.
    pub fn enqueue(&mut self, eval: Arc<Evaluation>, now: UnixNanos) {
        match self.known.get(&eval.id) {
            Some(true) => return self.keep_for_later(eval),
            Some(false) => return,
            None => {}
        }
        self.known.insert(eval.id, false);
        if eval.wait_until > now {
            self.waiting.insert((eval.wait_until, eval.id), eval);
        } else {
            self.enter_lane(eval);
        }
    }

    /// The most urgent evaluation of these kinds of job: highest priority first, first come first served within.
    pub fn dequeue(&mut self, kinds: &[JobType], now: UnixNanos) -> Option<Lease> {
        self.tick(now);
        let eval = self.lanes.pop(kinds)?;
        let token = Token(self.next_token);
        self.next_token += 1;
        let deadline = now.after(self.limits.nack_timeout);
        self.lease_deadlines.insert((deadline, token));
        self.known.insert(eval.id, true);
        *self.deliveries.entry(eval.id).or_default() += 1;
        self.leased.insert(token, Leased { eval: Arc::clone(&eval), deadline });
        Some(Lease { eval, token })
    }

    /// The worker is done: the evaluation is forgotten and the next of its job may go.
    ///
    /// # Errors
    /// When the lease is over.
    pub fn ack(&mut self, token: Token) -> Result<(), TokenError> {
        let eval = self.end_lease(token)?;
        self.known.remove(&eval.id);
        self.deliveries.remove(&eval.id);
        if let Some(again) = self.again.remove(&eval.id) {
            self.known.insert(again.id, false);
            self.enter_lane(again);
        }
        Ok(())
    }

    /// The worker could not: the evaluation is handed out again after a pause, or given up after too many tries.
    ///
    /// # Errors
    /// When the lease is over.
    pub fn nack(&mut self, token: Token, now: UnixNanos) -> Result<(), TokenError> {
        let eval = self.end_lease(token)?;
        self.known.remove(&eval.id);
        let eval = self.again.remove(&eval.id).unwrap_or(eval);
        if planted::is(Plant::HandedBackIsForgotten) {
            return Ok(());
        }
        let tries = self.deliveries.get(&eval.id).copied().unwrap_or_default();
        if tries >= self.limits.deliveries {
            self.deliveries.remove(&eval.id);
            self.failed.push(eval);
            return Ok(());
        }
        let pause = if tries <= 1 { self.limits.first_nack_delay } else { self.limits.nack_delay };
        self.known.insert(eval.id, false);
        self.waiting.insert((now.after(pause), eval.id), eval);
        Ok(())
    }

    /// Keeps a lease alive while its plan waits in the queue.
    ///
    /// # Errors
    /// When the lease is over.
    pub fn extend(&mut self, token: Token, now: UnixNanos) -> Result<(), TokenError> {
        let leased = self.leased.get_mut(&token).ok_or(TokenError)?;
        self.lease_deadlines.remove(&(leased.deadline, token));
        leased.deadline = now.after(self.limits.nack_timeout);
        self.lease_deadlines.insert((leased.deadline, token));
        Ok(())
    }

    /// The lease does not time out: what was planned under it is on its way into the log and cannot be taken back, so nobody
    /// else may plan for the job before it is known what became of that. [`Self::extend`] gives it a deadline again.
    pub fn hold(&mut self, token: Token) {
        if let Some(leased) = self.leased.get_mut(&token) {
            self.lease_deadlines.remove(&(leased.deadline, token));
            leased.deadline = UnixNanos(i64::MAX);
        }
    }

    /// Whether `token` may still finish its evaluation; asked before a plan is accepted.
    #[must_use]
    pub fn holds(&self, token: Token) -> bool {
        self.leased.contains_key(&token)
    }

    /// Whether the evaluation is here: waiting, next, or leased.
    #[must_use]
    pub fn knows(&self, eval: EvalId) -> bool {
        self.known.contains_key(&eval)
    }

    /// Moves on what time has decided: evaluations that were waiting, leases that timed out.
    pub fn tick(&mut self, now: UnixNanos) {
        while let Some(&(deadline, token)) = self.lease_deadlines.first() {
            if deadline > now {
                break;
            }
            if self.nack(token, now).is_err() {
                self.lease_deadlines.remove(&(deadline, token));
            }
        }
        while let Some(entry) = self.waiting.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let eval = entry.remove();
            self.enter_lane(eval);
        }
    }

    /// When [`EvalBroker::tick`] has something to do next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<UnixNanos> {
        let waiting = self.waiting.first_key_value().map(|((due, _), _)| *due);
        let lease = self.lease_deadlines.first().map(|(deadline, _)| *deadline);
        waiting.into_iter().chain(lease).min()
    }

    /// Evaluations made superfluous by a newer one of the same job, which each names as its next; to be stored as
    /// canceled.
    pub fn take_superseded(&mut self) -> Vec<Arc<Evaluation>> {
        std::mem::take(&mut self.superseded)
    }

    /// Evaluations handed out too often; to be stored as failed, with a follow-up later.
    pub fn take_failed(&mut self) -> Vec<Arc<Evaluation>> {
        std::mem::take(&mut self.failed)
    }

    /// Forgets everything: this server no longer leads. Outstanding tokens are void.
    pub fn flush(&mut self) {
        *self = Self { limits: self.limits, next_token: self.next_token, ..Self::default() };
    }

    #[must_use]
    pub fn stats(&self) -> BrokerStats {
        BrokerStats {
            ready: self.lanes.ready(),
            unacked: self.leased.len(),
            blocked: self.lanes.blocked(),
            waiting: self.waiting.len(),
            failed: self.failed.len(),
        }
    }

    fn enter_lane(&mut self, eval: Arc<Evaluation>) {
        let (key, id) = (eval.job_key(), eval.id);
        if let Some(older) = self.lanes.push(eval) {
            self.known.remove(&older.id);
            self.deliveries.remove(&older.id);
            let newer = if older.id == id { self.lanes.next(&key) } else { Some(id) };
            self.superseded.push(Arc::new(Evaluation { next_eval: newer, ..Evaluation::clone(&older) }));
        }
    }

    fn keep_for_later(&mut self, eval: Arc<Evaluation>) {
        let leased = self.leased.values().find(|leased| leased.eval.id == eval.id);
        if leased.is_some_and(|leased| leased.eval.modify_index < eval.modify_index) {
            self.again.insert(eval.id, eval);
        }
    }

    fn end_lease(&mut self, token: Token) -> Result<Arc<Evaluation>, TokenError> {
        let leased = self.leased.remove(&token).ok_or(TokenError)?;
        self.lease_deadlines.remove(&(leased.deadline, token));
        self.lanes.release(&leased.eval.job_key());
        Ok(leased.eval)
    }
}

#[cfg(test)]
pub(crate) mod tests;
