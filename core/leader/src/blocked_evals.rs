//! Evaluations that found no place for all their allocations, and what may change that.
//!
//! ```text
//!   block --> held per job --capacity freed on a class that may fit--> handed back to the broker
//!     |                    --its namespace bound to other node pools---> handed back to the broker
//!     |                    --job changed or stopped------------------> handed back to be cancelled
//!     '--> handed back at once when capacity came free after its snapshot (a missed wake-up)
//! ```
//!
//! A class of nodes that an evaluation has seen and found infeasible cannot help it; every other class may. It
//! never looks at nodes or allocations itself: the events of `apply` tell it what happened.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{EvalId, Index, Namespace, Text};
use muster_model::planted::{self, Plant};
use muster_model::{EvalTrigger, Evaluation, JobKey};

/// How many classes are remembered one by one; older ones are folded into a single index.
const MAX_CLASSES: usize = 4096;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockedStats {
    pub blocked: usize,
    /// Of these, how many any change may help.
    pub escaped: usize,
}

#[derive(Debug, Default)]
pub struct BlockedEvals {
    by_job: BTreeMap<JobKey, Arc<Evaluation>>,
    escaped: usize,
    /// When capacity last came free on a class of nodes.
    freed_at: BTreeMap<Text, Index>,
    /// The newest such index among classes no longer remembered by name.
    freed_at_forgotten: Index,
    /// When namespaces were last bound to other node pools.
    bound_at: BTreeMap<Namespace, Index>,
    superseded: Vec<Arc<Evaluation>>,
}

impl BlockedEvals {
    /// Holds an evaluation until capacity comes free. Returns it at once when that has happened since it looked.
    #[must_use = "an evaluation that missed a wake-up must be enqueued"]
    pub fn block(&mut self, eval: Arc<Evaluation>) -> Option<Arc<Evaluation>> {
        if self.missed_wake_up(&eval) {
            return Some(eval);
        }
        let key = eval.job_key();
        match self.by_job.get(&key) {
            Some(held) if held.id != eval.id && is_newer(held, &eval) => self.superseded.push(eval),
            _ => {
                self.escaped += usize::from(eval.escaped_class);
                if let Some(older) = self.by_job.insert(key, Arc::clone(&eval)) {
                    self.escaped -= usize::from(older.escaped_class);
                    if older.id != eval.id {
                        self.superseded.push(older);
                    }
                }
            }
        }
        None
    }

    /// Capacity came free on a node of this computed class, or such a node joined. Returns who may fit now, the
    /// most urgent first.
    #[must_use = "woken evaluations must be enqueued"]
    pub fn capacity_freed(&mut self, class: &Text, index: Index) -> Vec<Arc<Evaluation>> {
        self.remember(class, index);
        let woken = |eval: &Evaluation| may_help(eval, class);
        self.take_where(woken)
    }

    /// The jobs of a namespace may run elsewhere than before. Returns who may fit now, the most urgent first.
    #[must_use = "woken evaluations must be enqueued"]
    pub fn namespace_changed(&mut self, namespace: &Namespace, index: Index) -> Vec<Arc<Evaluation>> {
        self.bound_at.insert(namespace.clone(), index);
        self.take_where(|eval| eval.namespace == *namespace)
    }

    /// Nothing waits in a namespace that is gone.
    pub fn forget_namespace(&mut self, namespace: &Namespace) {
        self.bound_at.remove(namespace);
    }

    /// Evaluations that gave up on conflicting plans rather than on capacity; asked for from time to time.
    #[must_use = "woken evaluations must be enqueued"]
    pub fn take_conflicted(&mut self) -> Vec<Arc<Evaluation>> {
        self.take_where(|eval| eval.trigger == EvalTrigger::MaxPlanAttempts)
    }

    /// The job changed, so whatever its blocked evaluation waits for is no longer wanted. Returned to be cancelled.
    pub fn untrack(&mut self, job: &JobKey) -> Option<Arc<Evaluation>> {
        let eval = self.by_job.remove(job)?;
        self.escaped -= usize::from(eval.escaped_class);
        Some(eval)
    }

    /// Blocked evaluations replaced by a newer one of the same job; to be stored as canceled.
    pub fn take_superseded(&mut self) -> Vec<Arc<Evaluation>> {
        std::mem::take(&mut self.superseded)
    }

    /// Whether the evaluation is held here.
    #[must_use]
    pub fn holds(&self, eval: EvalId) -> bool {
        self.by_job.values().any(|held| held.id == eval)
    }

    /// Forgets everything: this server no longer leads.
    pub fn flush(&mut self) {
        *self = Self::default();
    }

    #[must_use]
    pub fn stats(&self) -> BlockedStats {
        BlockedStats { blocked: self.by_job.len(), escaped: self.escaped }
    }

    fn missed_wake_up(&self, eval: &Evaluation) -> bool {
        if planted::is(Plant::WakeUpsAreMissed) {
            return false;
        }
        if eval.snapshot_index < self.freed_at_forgotten {
            return true;
        }
        if self.bound_at.get(&eval.namespace).is_some_and(|index| eval.snapshot_index < *index) {
            return true;
        }
        self.freed_at.iter().any(|(class, index)| eval.snapshot_index < *index && may_help(eval, class))
    }

    fn take_where(&mut self, wanted: impl Fn(&Evaluation) -> bool) -> Vec<Arc<Evaluation>> {
        let mut taken: Vec<_> =
            self.by_job.extract_if(.., |_, eval| wanted(eval)).map(|(_, eval)| eval).collect();
        self.escaped -= taken.iter().filter(|eval| eval.escaped_class).count();
        taken.sort_by_key(|eval| (std::cmp::Reverse(eval.priority), eval.create_index));
        taken
    }

    fn remember(&mut self, class: &Text, index: Index) {
        self.freed_at.insert(Arc::clone(class), index);
        if self.freed_at.len() <= MAX_CLASSES {
            return;
        }
        let oldest =
            self.freed_at.iter().min_by_key(|(_, index)| **index).map(|(class, _)| Arc::clone(class));
        if let Some(index) = oldest.and_then(|class| self.freed_at.remove(&class)) {
            self.freed_at_forgotten = self.freed_at_forgotten.max(index);
        }
    }
}

/// Whether a change on a node of `class` may let `eval` place more.
fn may_help(eval: &Evaluation, class: &Text) -> bool {
    eval.escaped_class || eval.class_eligibility.get(class).copied().unwrap_or(true)
}

/// Whether `a` saw a later state than `b`.
fn is_newer(a: &Evaluation, b: &Evaluation) -> bool {
    (a.snapshot_index, a.create_index) > (b.snapshot_index, b.create_index)
}

#[cfg(test)]
mod tests;
