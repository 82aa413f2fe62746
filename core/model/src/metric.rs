//! Why a placement went where it did, or nowhere.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{Datacenter, NodeId, NodePool, TaskName, Text};
use serde::{Deserialize, Serialize};

use crate::Resources;

/// The account of one placement attempt. Shared by the allocations of one group in one plan where it is equal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AllocMetric {
    pub nodes_evaluated: u32,
    pub nodes_filtered: u32,
    pub nodes_in_pool: u32,
    pub node_pool: Option<NodePool>,
    pub nodes_available: BTreeMap<Datacenter, u32>,
    pub class_filtered: BTreeMap<Text, u32>,
    /// Keyed by the text of what did not hold.
    pub constraint_filtered: BTreeMap<Text, u32>,
    pub nodes_exhausted: u32,
    pub class_exhausted: BTreeMap<Text, u32>,
    /// `cpu`, `memory`, `disk`, `network: …`.
    pub dimension_exhausted: BTreeMap<Text, u32>,
    /// What each task asked for in the dimensions that nodes had too little of; only where no place was found.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources_exhausted: BTreeMap<TaskName, Resources>,
    /// The best nodes seen, best first, at most five.
    pub scores: Vec<NodeScore>,
    /// How long the attempt took, on average over those of its evaluation. Measured by whoever ran the scheduler.
    pub allocation_time: Duration,
    /// Further placements of the group that failed for the same reason.
    pub coalesced_failures: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeScore {
    pub node_id: NodeId,
    /// Component name to its score, such as `binpack`.
    pub scores: BTreeMap<Text, f64>,
    /// Mean of the components; what nodes are ranked by.
    pub norm_score: f64,
}
