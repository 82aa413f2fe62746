//! Plans on their way into the log: sorted by urgency, written many to an entry, remembered until every snapshot
//! that a worker may hold contains them.
//!
//! ```text
//!   submit --> waiting --next_batch--> proposed --committed(index)--> in the log --forget_until(index)--> gone
//!                 |                        '--failed--> gone (the workers are told)
//!                 '--flush--> gone
//! ```
//!
//! It never judges a plan: `apply` does. What it knows beyond order is which plans a snapshot does not show yet;
//! a worker lays those over its snapshot so that two workers do not fill the same node.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::Index;
use muster_model::Plan;

use crate::Token;

/// How much one log entry may hold. A single plan larger than that still goes, alone.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    pub plans: usize,
    pub bytes: usize,
    /// Batches that may be proposed and not yet committed.
    pub in_flight: usize,
}

impl Default for BatchLimits {
    fn default() -> Self {
        Self { plans: 256, bytes: 1 << 20, in_flight: 4 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(u64);

/// Plans for one log entry, most urgent first, each with the lease it was made under.
#[derive(Clone, Debug)]
pub struct PlanBatch {
    pub id: BatchId,
    pub plans: Vec<(Token, Arc<Plan>)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanQueueStats {
    pub waiting: usize,
    /// Plans proposed and not yet committed.
    pub proposed: usize,
    /// Plans committed and possibly missing from a snapshot in use.
    pub settling: usize,
}

#[derive(Debug, Default)]
pub struct PlanQueue {
    limits: BatchLimits,
    waiting: BTreeMap<(Reverse<u16>, u64), (Token, Arc<Plan>)>,
    proposed: BTreeMap<BatchId, Vec<Arc<Plan>>>,
    settling: BTreeMap<Index, Vec<Arc<Plan>>>,
    next_number: u64,
}

impl PlanQueue {
    #[must_use]
    pub fn new(limits: BatchLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes a plan in. The caller has checked that the lease holds.
    pub fn submit(&mut self, token: Token, plan: Arc<Plan>) {
        self.next_number += 1;
        self.waiting.insert((Reverse(plan.priority), self.next_number), (token, plan));
    }

    /// The plans for the next log entry; `None` when nothing waits or enough entries are under way.
    pub fn next_batch(&mut self) -> Option<PlanBatch> {
        if self.proposed.len() >= self.limits.in_flight {
            return None;
        }
        let mut plans: Vec<(Token, Arc<Plan>)> = Vec::new();
        let mut bytes = 0_usize;
        while let Some(entry) = self.waiting.first_entry() {
            let size = encoded_size(&entry.get().1);
            let full = plans.len() >= self.limits.plans || bytes.saturating_add(size) > self.limits.bytes;
            if full && !plans.is_empty() {
                break;
            }
            bytes = bytes.saturating_add(size);
            plans.push(entry.remove());
        }
        if plans.is_empty() {
            return None;
        }
        self.next_number += 1;
        let id = BatchId(self.next_number);
        self.proposed.insert(id, plans.iter().map(|(_, plan)| Arc::clone(plan)).collect());
        Some(PlanBatch { id, plans })
    }

    /// The batch was applied at `index`; snapshots older than that do not show it.
    pub fn committed(&mut self, batch: BatchId, index: Index) {
        if let Some(plans) = self.proposed.remove(&batch) {
            self.settling.entry(index).or_default().extend(plans);
        }
    }

    /// The batch was refused by the log. It may yet commit under another leader; this one stops counting on it.
    pub fn failed(&mut self, batch: BatchId) {
        self.proposed.remove(&batch);
    }

    /// Every snapshot in use is at least as new as `index`: what it shows need not be laid over any more.
    pub fn forget_until(&mut self, index: Index) {
        self.settling = self.settling.split_off(&index.next());
    }

    /// The plans that a snapshot taken at `index` does not show: the worker's overlay.
    pub fn unseen_at(&self, index: Index) -> impl Iterator<Item = &Arc<Plan>> {
        let settling = self.settling.range(index.next()..).flat_map(|(_, plans)| plans);
        let proposed = self.proposed.values().flatten();
        let waiting = self.waiting.values().map(|(_, plan)| plan);
        settling.chain(proposed).chain(waiting)
    }

    /// Forgets everything: this server no longer leads. Returns the leases whose plans were not proposed.
    pub fn flush(&mut self) -> Vec<Token> {
        let tokens = self.waiting.values().map(|(token, _)| *token).collect();
        *self = Self { limits: self.limits, next_number: self.next_number, ..Self::default() };
        tokens
    }

    #[must_use]
    pub fn stats(&self) -> PlanQueueStats {
        PlanQueueStats {
            waiting: self.waiting.len(),
            proposed: self.proposed.values().map(Vec::len).sum(),
            settling: self.settling.values().map(Vec::len).sum(),
        }
    }
}

/// Roughly what a plan takes in the log. An estimate is enough to keep entries of a sensible size, and much
/// cheaper than to encode each plan twice.
fn encoded_size(plan: &Plan) -> usize {
    const FRAME: usize = 256;
    const PLACEMENT: usize = 128;
    const STOP: usize = 160;
    const METRIC: usize = 1024;
    const EVALUATION: usize = 1024;
    FRAME
        + plan.placements.len() * PLACEMENT
        + plan.stops.len() * STOP
        + plan.metrics.len() * METRIC
        + plan.evals_if_whole.len() * EVALUATION
}

#[cfg(test)]
mod tests;
