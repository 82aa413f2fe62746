//! Reading: a state as it was at one index.

use std::sync::Arc;

use muster_ids::{AllocId, EvalId, Index, NodeId, NodePool, UnixNanos};
use muster_model::{Alloc, Evaluation, Job, JobKey, JobSubmission, Node};

use crate::columns::NodeColumns;
use crate::prefix::IdPrefix;
use crate::rows::SnapshotRow;
use crate::summary::JobSummary;
use crate::watch::WatchKey;

/// The state at one index. Never changes; cheap to clone; keep it no longer than needed, it holds memory.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    columns: NodeColumns,
}

impl Snapshot {
    #[must_use]
    pub fn index(&self) -> Index {
        Index::ZERO
    }
    #[must_use]
    pub fn time(&self) -> UnixNanos {
        UnixNanos::ZERO
    }
    #[must_use]
    pub fn feature_level(&self) -> u32 {
        1
    }
    #[must_use]
    pub fn hash(&self) -> u64 {
        0
    }
    #[must_use]
    pub fn watch_index(&self, _key: &WatchKey) -> Index {
        Index::ZERO
    }
    #[must_use]
    pub fn job(&self, _key: &JobKey) -> Option<&Arc<Job>> {
        None
    }
    #[must_use]
    pub fn job_version(&self, _key: &JobKey, _version: u64) -> Option<&Arc<Job>> {
        None
    }
    /// Newest first.
    pub fn job_versions(&self, _key: &JobKey) -> impl Iterator<Item = &Arc<Job>> {
        std::iter::empty()
    }
    /// By (namespace, id).
    pub fn jobs(&self) -> impl Iterator<Item = &Arc<Job>> {
        std::iter::empty()
    }
    /// Every count is zero for a job that does not exist.
    #[must_use]
    pub fn job_summary(&self, key: &JobKey) -> JobSummary {
        JobSummary { key: key.clone(), groups: Vec::new() }
    }
    #[must_use]
    pub fn submission(&self, _key: &JobKey, _version: u64) -> Option<&Arc<JobSubmission>> {
        None
    }
    #[must_use]
    pub fn node(&self, _id: NodeId) -> Option<&Arc<Node>> {
        None
    }
    /// By id.
    pub fn nodes(&self) -> impl Iterator<Item = &Arc<Node>> {
        std::iter::empty()
    }
    pub fn nodes_with_prefix(&self, _prefix: &IdPrefix) -> impl Iterator<Item = &Arc<Node>> {
        std::iter::empty()
    }
    #[must_use]
    pub fn node_secret_hash(&self, _id: NodeId) -> Option<[u8; 32]> {
        None
    }
    /// By name.
    pub fn node_pools(&self) -> impl Iterator<Item = &NodePool> {
        std::iter::empty()
    }
    #[must_use]
    pub fn alloc(&self, _id: AllocId) -> Option<&Arc<Alloc>> {
        None
    }
    /// By id.
    pub fn allocs(&self) -> impl Iterator<Item = &Arc<Alloc>> {
        std::iter::empty()
    }
    pub fn allocs_with_prefix(&self, _prefix: &IdPrefix) -> impl Iterator<Item = &Arc<Alloc>> {
        std::iter::empty()
    }
    /// In no order that means anything; the same for the same history.
    pub fn allocs_by_job(&self, _key: &JobKey) -> impl Iterator<Item = &Arc<Alloc>> {
        std::iter::empty()
    }
    /// In no order that means anything; the same for the same history.
    pub fn allocs_by_node(&self, _id: NodeId) -> impl Iterator<Item = &Arc<Alloc>> {
        std::iter::empty()
    }
    /// In no order that means anything; the same for the same history.
    pub fn allocs_by_eval(&self, _id: EvalId) -> impl Iterator<Item = &Arc<Alloc>> {
        std::iter::empty()
    }
    #[must_use]
    pub fn eval(&self, _id: EvalId) -> Option<&Arc<Evaluation>> {
        None
    }
    /// By id.
    pub fn evals(&self) -> impl Iterator<Item = &Arc<Evaluation>> {
        std::iter::empty()
    }
    pub fn evals_with_prefix(&self, _prefix: &IdPrefix) -> impl Iterator<Item = &Arc<Evaluation>> {
        std::iter::empty()
    }
    /// In no order that means anything; the same for the same history.
    pub fn evals_by_job(&self, _key: &JobKey) -> impl Iterator<Item = &Arc<Evaluation>> {
        std::iter::empty()
    }
    #[must_use]
    pub fn columns(&self) -> &NodeColumns {
        &self.columns
    }
    /// # Errors
    /// Only what `sink` gives back.
    pub fn encode<E>(&self, _sink: &mut dyn FnMut(SnapshotRow) -> Result<(), E>) -> Result<(), E> {
        Ok(())
    }
}
