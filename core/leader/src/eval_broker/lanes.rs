//! One lane a job: at most one evaluation out, at most one next. Lanes with a next and nothing out are ready.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::EvalId;
use muster_model::{Evaluation, JobKey, JobType};

/// Higher priority first, then first come first served. The number is unique.
type Rank = (Reverse<u16>, u64);

#[derive(Debug)]
struct Next {
    eval: Arc<Evaluation>,
    rank: Rank,
}

#[derive(Debug, Default)]
struct Lane {
    out: bool,
    next: Option<Next>,
}

#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: BTreeMap<JobKey, Lane>,
    ready: BTreeMap<JobType, BTreeMap<Rank, JobKey>>,
    ready_len: usize,
    blocked_len: usize,
    next_number: u64,
}

impl Lanes {
    /// Puts an evaluation next in its job's lane; returns the one that this makes superfluous. What stays keeps
    /// the better place of the two, so that a stream of updates cannot starve a job.
    pub fn push(&mut self, eval: Arc<Evaluation>) -> Option<Arc<Evaluation>> {
        let key = eval.job_key();
        self.next_number += 1;
        let rank = (Reverse(eval.priority), self.next_number);
        let lane = self.lanes.entry(key.clone()).or_default();
        let (next, superseded) = match lane.next.take() {
            None => (Next { eval, rank }, None),
            Some(old) => {
                remove_ready(&mut self.ready, lane.out, &mut self.ready_len, &mut self.blocked_len, &old);
                let rank = old.rank.min((rank.0, old.rank.1));
                if is_newer(&eval, &old.eval) {
                    (Next { eval, rank }, Some(old.eval))
                } else {
                    (Next { eval: old.eval, rank }, Some(eval))
                }
            }
        };
        if lane.out {
            self.blocked_len += 1;
        } else {
            self.ready_len += 1;
            self.ready.entry(next.eval.kind).or_default().insert(next.rank, key);
        }
        lane.next = Some(next);
        superseded
    }

    /// The evaluation that is next in a job's lane.
    pub fn next(&self, key: &JobKey) -> Option<EvalId> {
        self.lanes.get(key)?.next.as_ref().map(|next| next.eval.id)
    }

    /// Hands out the best evaluation of these kinds.
    pub fn pop(&mut self, kinds: &[JobType]) -> Option<Arc<Evaluation>> {
        let best = |kind: &JobType| self.ready.get(kind)?.first_key_value().map(|(rank, _)| (*rank, *kind));
        let (rank, kind) = kinds.iter().filter_map(best).min()?;
        let key = self.ready.get_mut(&kind)?.remove(&rank)?;
        self.ready_len -= 1;
        let lane = self.lanes.get_mut(&key)?;
        lane.out = true;
        lane.next.take().map(|next| next.eval)
    }

    /// The evaluation that was out came back: the next of the job becomes ready.
    pub fn release(&mut self, key: &JobKey) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        lane.out = false;
        match &lane.next {
            None => {
                self.lanes.remove(key);
            }
            Some(next) => {
                self.blocked_len -= 1;
                self.ready_len += 1;
                self.ready.entry(next.eval.kind).or_default().insert(next.rank, key.clone());
            }
        }
    }

    pub const fn ready(&self) -> usize {
        self.ready_len
    }

    pub const fn blocked(&self) -> usize {
        self.blocked_len
    }
}

fn remove_ready(
    ready: &mut BTreeMap<JobType, BTreeMap<Rank, JobKey>>,
    out: bool,
    ready_len: &mut usize,
    blocked_len: &mut usize,
    old: &Next,
) {
    if out {
        *blocked_len -= 1;
    } else if ready.get_mut(&old.eval.kind).is_some_and(|ranks| ranks.remove(&old.rank).is_some()) {
        *ready_len -= 1;
    }
}

/// Whether `a` was asked for after `b`; on a tie the later arrival counts as newer.
fn is_newer(a: &Evaluation, b: &Evaluation) -> bool {
    (a.create_index, a.modify_index) >= (b.create_index, b.modify_index)
}
