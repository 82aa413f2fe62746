//! Bounds and advice for an autoscaler, and what became of it.

use std::collections::BTreeMap;

use muster_ids::{EvalId, Index, Text, UnixNanos};
use serde::{Deserialize, Serialize};

use crate::Value;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScalingPolicy {
    /// `horizontal` for groups; `cpu` or `mem` for tasks.
    pub kind: Text,
    pub min: u64,
    pub max: u64,
    pub enabled: bool,
    /// Handed to the autoscaler as written.
    pub policy: BTreeMap<String, Value>,
}

/// How many events are kept of each group of a job, the newest.
pub const KEPT_SCALING_EVENTS: usize = 20;

/// Somebody changed how many instances a group has, or tells why not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScalingEvent {
    pub time: UnixNanos,
    /// `None` for an event that only tells something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    pub previous_count: u32,
    pub message: Text,
    pub error: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub meta: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eval_id: Option<EvalId>,
    pub create_index: Index,
}
