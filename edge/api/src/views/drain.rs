//! Emptying a node: the request, and what a node shows of it.

use std::collections::BTreeMap;

use muster_model::{DrainDeadline, DrainSpec, DrainStrategy, LastDrain};
use serde::{Deserialize, Serialize};

use super::rfc3339;

type Texts = BTreeMap<String, String>;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeDrainRequest {
    #[serde(rename = "NodeID")]
    pub node_id: String,
    /// Null cancels the drain.
    pub drain_spec: Option<DrainSpecInput>,
    /// Let the node take work again; only where the drain is canceled.
    pub mark_eligible: bool,
    pub meta: Texts,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DrainSpecInput {
    /// Nanoseconds; negative forces, zero waits for ever.
    pub deadline: i64,
    pub ignore_system_jobs: bool,
}

impl From<&DrainSpecInput> for DrainSpec {
    fn from(input: &DrainSpecInput) -> Self {
        let deadline = DrainDeadline::from_nanos(input.deadline);
        Self { deadline, ignore_system_jobs: input.ignore_system_jobs }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeDrainResponse {
    #[serde(rename = "EvalIDs")]
    pub eval_ids: Vec<String>,
    pub eval_create_index: u64,
    pub node_modify_index: u64,
    pub index: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DrainStrategyView {
    /// Nanoseconds; -1 forces, 0 waits for ever.
    pub deadline: i64,
    pub ignore_system_jobs: bool,
    pub force_deadline: String,
    pub started_at: String,
}

impl From<&DrainStrategy> for DrainStrategyView {
    fn from(strategy: &DrainStrategy) -> Self {
        Self {
            deadline: strategy.spec.deadline.as_nanos(),
            ignore_system_jobs: strategy.spec.ignore_system_jobs,
            force_deadline: rfc3339(strategy.force_deadline),
            started_at: rfc3339(strategy.started_at),
        }
    }
}

/// The newest drain of a node.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LastDrainView {
    pub started_at: String,
    pub updated_at: String,
    /// `draining`, `complete` or `canceled`.
    pub status: String,
    #[serde(rename = "AccessorID")]
    pub accessor_id: String,
    pub meta: Texts,
}

impl From<&LastDrain> for LastDrainView {
    fn from(drain: &LastDrain) -> Self {
        Self {
            started_at: rfc3339(drain.started_at),
            updated_at: rfc3339(drain.updated_at),
            status: drain.status.as_str().to_owned(),
            accessor_id: drain.accessor.map(|accessor| accessor.to_string()).unwrap_or_default(),
            meta: drain.meta.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        }
    }
}
