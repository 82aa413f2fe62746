//! Evaluations.

use std::sync::Arc;

use muster_ids::EvalId;
use muster_model::{Evaluation, JobKey};

use super::Snapshot;
use crate::prefix::IdPrefix;

impl Snapshot {
    #[must_use]
    pub fn eval(&self, id: EvalId) -> Option<&Arc<Evaluation>> {
        self.tables.evals.get(id).map(|row| &row.eval)
    }

    /// By id.
    pub fn evals(&self) -> impl Iterator<Item = &Arc<Evaluation>> {
        let evals = &self.tables.evals;
        evals.ids.values().filter_map(|slot| evals.rows.get(*slot)).map(|row| &row.eval)
    }

    /// By id.
    pub fn evals_with_prefix<'a>(
        &'a self,
        prefix: &IdPrefix,
    ) -> impl Iterator<Item = &'a Arc<Evaluation>> + use<'a> {
        let (evals, (low, high)) = (&self.tables.evals, prefix.bounds());
        let slots = evals.ids.range(EvalId::from_bytes(low)..=EvalId::from_bytes(high));
        slots.filter_map(|(_, slot)| evals.rows.get(*slot)).map(|row| &row.eval)
    }

    /// In an order without meaning that may differ between replicas; sort what is shown or decided.
    pub fn evals_by_job<'a>(&'a self, key: &JobKey) -> impl Iterator<Item = &'a Arc<Evaluation>> + use<'a> {
        let slot = self.tables.jobs.ids.get(key).copied();
        slot.into_iter().flat_map(|slot| self.tables.evals.of_job(slot)).map(|row| &row.eval)
    }
}
