//! Allocations.

use std::sync::Arc;

use muster_ids::{AllocId, EvalId, NodeId};
use muster_model::{Alloc, JobKey};

use super::Snapshot;
use crate::prefix::IdPrefix;

impl Snapshot {
    #[must_use]
    pub fn alloc(&self, id: AllocId) -> Option<&Arc<Alloc>> {
        self.tables.allocs.get(id).map(|row| &row.alloc)
    }

    /// Whether the node must not hear of the allocation yet, because it takes the place of others which have not ended.
    #[must_use]
    pub fn is_withheld(&self, alloc: &Alloc) -> bool {
        self.tables.is_withheld(alloc)
    }

    /// By id.
    pub fn allocs(&self) -> impl Iterator<Item = &Arc<Alloc>> {
        let allocs = &self.tables.allocs;
        allocs.ids.values().filter_map(|slot| allocs.rows.get(*slot)).map(|row| &row.alloc)
    }

    /// By id.
    pub fn allocs_with_prefix<'a>(
        &'a self,
        prefix: &IdPrefix,
    ) -> impl Iterator<Item = &'a Arc<Alloc>> + use<'a> {
        let (allocs, (low, high)) = (&self.tables.allocs, prefix.bounds());
        let slots = allocs.ids.range(AllocId::from_bytes(low)..=AllocId::from_bytes(high));
        slots.filter_map(|(_, slot)| allocs.rows.get(*slot)).map(|row| &row.alloc)
    }

    /// In an order without meaning that may differ between replicas; sort what is shown or decided. Those of earlier
    /// jobs of the same name are among them: compare `job.create_index`.
    pub fn allocs_by_job<'a>(&'a self, key: &JobKey) -> impl Iterator<Item = &'a Arc<Alloc>> + use<'a> {
        let (allocs, slot) = (&self.tables.allocs, self.tables.jobs.ids.get(key).copied());
        slot.into_iter().flat_map(|slot| allocs.of(&allocs.by_job, slot))
    }

    /// In an order without meaning that may differ between replicas; sort what is shown or decided.
    pub fn allocs_by_node<'a>(&'a self, id: NodeId) -> impl Iterator<Item = &'a Arc<Alloc>> + use<'a> {
        let (allocs, slot) = (&self.tables.allocs, self.tables.nodes.slot_of(id));
        slot.into_iter().flat_map(|slot| allocs.of(&allocs.by_node, slot))
    }

    /// Those the evaluation placed, in an order without meaning.
    pub fn allocs_by_eval<'a>(&'a self, id: EvalId) -> impl Iterator<Item = &'a Arc<Alloc>> + use<'a> {
        let (allocs, slot) = (&self.tables.allocs, self.tables.evals.ids.get(&id).copied());
        slot.into_iter().flat_map(|slot| allocs.of(&allocs.by_eval, slot))
    }
}
