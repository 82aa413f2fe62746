//! Evaluations, by id and by job, and the blocked ones by job.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use muster_ids::{EvalId, Index};
use muster_model::{EvalStatus, Evaluation};

use super::Tables;
use crate::change::Change;
use crate::command::Event;
use crate::hash::{hash_row, mix};
use crate::rows::RowKind;
use crate::slab::Slab;
use crate::watch::WatchKey;

#[derive(Clone, Debug, Default)]
pub(crate) struct EvalTable {
    pub(crate) ids: OrdMap<EvalId, u32>,
    pub(crate) rows: Slab<EvalRow>,
    /// (job slot, evaluation slot)
    pub(crate) by_job: OrdSet<(u32, u32)>,
    /// The same for those that are blocked.
    pub(crate) blocked: OrdSet<(u32, u32)>,
}

#[derive(Clone, Debug)]
pub(crate) struct EvalRow {
    pub(crate) eval: Arc<Evaluation>,
    pub(crate) job_slot: u32,
    /// Allocations that it was the last to place or update in place and that are still known.
    pub(crate) allocs: u32,
    pub(crate) allocs_index: Index,
    content_hash: u64,
}

impl EvalRow {
    pub(crate) fn new(eval: Arc<Evaluation>, job_slot: u32, allocs_index: Index) -> Self {
        let content_hash = hash_row(RowKind::Eval, &*eval);
        Self { eval, job_slot, allocs: 0, allocs_index, content_hash }
    }

    pub(crate) fn row_hash(&self) -> u64 {
        mix(self.content_hash, self.allocs_index.0)
    }
}

impl EvalTable {
    pub(crate) fn get(&self, id: EvalId) -> Option<&EvalRow> {
        self.rows.get(*self.ids.get(&id)?)
    }

    fn slots_of_job(of: &OrdSet<(u32, u32)>, job: u32) -> impl Iterator<Item = u32> {
        of.range((job, 0)..=(job, u32::MAX)).map(|(_, slot)| *slot)
    }

    pub(crate) fn of_job(&self, job: u32) -> impl Iterator<Item = &EvalRow> {
        Self::slots_of_job(&self.by_job, job).filter_map(|slot| self.rows.get(slot))
    }

    pub(crate) fn blocked_of_job(&self, job: u32) -> impl Iterator<Item = &EvalRow> {
        Self::slots_of_job(&self.blocked, job).filter_map(|slot| self.rows.get(slot))
    }
}

impl Tables {
    /// Stores an evaluation as of now. What is over stays over: an update that would revive a terminal evaluation,
    /// or move one to another job, is stale and changes nothing.
    pub(crate) fn store_eval(&mut self, cx: &mut Change, mut eval: Evaluation) {
        let job_slot = self.job_slot(cx, &eval.job_key());
        eval.modify_index = cx.index;
        eval.modify_time = cx.now;
        match self.evals.ids.get(&eval.id).copied() {
            Some(slot) => {
                let Some(old) = self.evals.rows.get(slot) else { return };
                if old.job_slot != job_slot || (old.eval.status.is_terminal() && !eval.status.is_terminal()) {
                    cx.unsettled.insert(job_slot);
                    return;
                }
                eval.create_index = old.eval.create_index;
                eval.create_time = old.eval.create_time;
                self.replace_eval(slot, Arc::new(eval), cx);
            }
            None => {
                eval.create_index = cx.index;
                eval.create_time = cx.now;
                if self.meta.allocs == cx.index {
                    cx.changed.add(WatchKey::EvalAllocs(eval.id));
                }
                let slot = self.load_eval(EvalRow::new(Arc::new(eval), job_slot, self.meta.allocs));
                self.announce_eval(cx, slot);
            }
        }
    }

    /// Puts a complete row in place: indexes, counters and hash, but no news.
    pub(crate) fn load_eval(&mut self, row: EvalRow) -> u32 {
        let (id, job, status) = (row.eval.id, row.job_slot, row.eval.status);
        self.rehash(0, row.row_hash());
        let slot = self.evals.rows.insert(row);
        self.evals.ids.insert(id, slot);
        self.evals.by_job.insert((job, slot));
        self.with_job_counters(job, |row| {
            row.evals += 1;
            row.open_evals += u32::from(!status.is_terminal());
        });
        if status == EvalStatus::Blocked {
            self.evals.blocked.insert((job, slot));
        }
        slot
    }

    fn replace_eval(&mut self, slot: u32, eval: Arc<Evaluation>, cx: &mut Change) {
        let Some(row) = self.evals.rows.get_mut(slot) else { return };
        let (job, status) = (row.job_slot, eval.status);
        let (old_hash, was_open) = (row.row_hash(), !row.eval.status.is_terminal());
        row.content_hash = hash_row(RowKind::Eval, &*eval);
        row.eval = eval;
        let new_hash = row.row_hash();
        self.rehash(old_hash, new_hash);
        if status == EvalStatus::Blocked {
            self.evals.blocked.insert((job, slot));
        } else {
            self.evals.blocked.remove(&(job, slot));
        }
        self.with_job_counters(job, |row| {
            row.open_evals =
                row.open_evals.saturating_sub(u32::from(was_open)) + u32::from(!status.is_terminal());
        });
        self.announce_eval(cx, slot);
    }

    fn announce_eval(&mut self, cx: &mut Change, slot: u32) {
        let Some(row) = self.evals.rows.get(slot) else { return };
        let (job, eval) = (row.job_slot, Arc::clone(&row.eval));
        cx.unsettled.insert(job);
        cx.changed.add(WatchKey::Eval(eval.id));
        cx.events.push(Event::EvalUpdated(Arc::clone(&eval)));
        self.touch_evals(cx, job);
        if matches!(eval.status, EvalStatus::Complete | EvalStatus::Blocked) && !eval.queued.is_empty() {
            self.with_job_marks(job, |row| {
                for (group, queued) in &eval.queued {
                    row.counts_mut(group).queued = *queued;
                }
            });
        }
        self.cancel_superseded(cx, job, &eval);
    }

    /// Keeps at most one blocked evaluation a job: a newer blocked one replaces it, and one that completed has seen
    /// whatever it waited for, unless it left it waiting.
    fn cancel_superseded(&mut self, cx: &mut Change, job: u32, by: &Evaluation) {
        let spared = match by.status {
            EvalStatus::Blocked => Some(by.id),
            EvalStatus::Complete if by.failed_groups.is_empty() || by.blocked_eval.is_some() => {
                by.blocked_eval
            }
            _ => return,
        };
        let superseded = self.evals.blocked_of_job(job).map(|row| &row.eval).filter(|eval| {
            Some(eval.id) != spared && (by.status == EvalStatus::Blocked || eval.modify_index != cx.index)
        });
        let mut superseded: Vec<_> = superseded.cloned().collect();
        superseded.sort_by_key(|eval| eval.id);
        for old in superseded {
            let mut eval = Evaluation::clone(&old);
            eval.status = EvalStatus::Canceled;
            eval.status_description = Some(format!("evaluation {} is newer", by.id).into());
            self.store_eval(cx, eval);
        }
    }

    /// Removes an evaluation that no allocation refers to.
    pub(crate) fn remove_eval(&mut self, cx: &mut Change, id: EvalId) {
        let Some(slot) = self.evals.ids.remove(&id) else { return };
        let Some(row) = self.evals.rows.remove(slot) else { return };
        self.rehash(row.row_hash(), 0);
        self.evals.by_job.remove(&(row.job_slot, slot));
        self.evals.blocked.remove(&(row.job_slot, slot));
        self.with_job_counters(row.job_slot, |job| {
            job.evals = job.evals.saturating_sub(1);
            job.open_evals = job.open_evals.saturating_sub(u32::from(!row.eval.status.is_terminal()));
        });
        cx.unsettled.insert(row.job_slot);
        cx.changed.add(WatchKey::Eval(id));
        self.touch_evals(cx, row.job_slot);
    }

    fn touch_evals(&mut self, cx: &mut Change, job: u32) {
        if self.meta.evals != cx.index {
            self.meta.evals = cx.index;
            cx.changed.add(WatchKey::Evals);
        }
        self.touch_job_evals(cx, job);
    }

    /// An allocation of the evaluation came (`by` 1), changed (0) or went (-1).
    pub(crate) fn touch_eval_allocs(&mut self, cx: &mut Change, slot: u32, by: i32) {
        let Some(row) = self.evals.rows.get_mut(slot) else { return };
        row.allocs = row.allocs.saturating_add_signed(by);
        if row.allocs_index != cx.index {
            let old = row.row_hash();
            row.allocs_index = cx.index;
            let (new, id) = (row.row_hash(), row.eval.id);
            self.rehash(old, new);
            cx.changed.add(WatchKey::EvalAllocs(id));
        }
    }
}
