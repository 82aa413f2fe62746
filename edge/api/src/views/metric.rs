//! The account of a placement attempt.

use std::collections::BTreeMap;

use muster_jobspec::input::ResourcesInput;
use muster_model::{AllocMetric, NodeScore, Resources};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MetricView {
    pub nodes_evaluated: u32,
    pub nodes_filtered: u32,
    pub nodes_in_pool: u32,
    pub node_pool: String,
    pub nodes_available: BTreeMap<String, u32>,
    pub class_filtered: Option<BTreeMap<String, u32>>,
    pub constraint_filtered: Option<BTreeMap<String, u32>>,
    pub nodes_exhausted: u32,
    pub class_exhausted: Option<BTreeMap<String, u32>>,
    pub dimension_exhausted: Option<BTreeMap<String, u32>>,
    pub quota_exhausted: Option<Vec<String>>,
    /// What each task asked for in the dimensions that nodes had too little of.
    pub resources_exhausted: Option<BTreeMap<String, ResourcesInput>>,
    pub scores: Option<BTreeMap<String, f64>>,
    pub score_meta_data: Option<Vec<NodeScoreView>>,
    pub allocation_time: u64,
    pub coalesced_failures: u32,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeScoreView {
    #[serde(rename = "NodeID")]
    pub node_id: String,
    pub scores: BTreeMap<String, f64>,
    pub norm_score: f64,
}

impl From<&NodeScore> for NodeScoreView {
    fn from(score: &NodeScore) -> Self {
        Self {
            node_id: score.node_id.to_string(),
            scores: score.scores.iter().map(|(name, value)| (name.to_string(), *value)).collect(),
            norm_score: score.norm_score,
        }
    }
}

impl From<&AllocMetric> for MetricView {
    fn from(metric: &AllocMetric) -> Self {
        Self {
            nodes_evaluated: metric.nodes_evaluated,
            nodes_filtered: metric.nodes_filtered,
            nodes_in_pool: metric.nodes_in_pool,
            node_pool: metric.node_pool.as_ref().map(ToString::to_string).unwrap_or_default(),
            nodes_available: metric.nodes_available.iter().map(|(k, v)| (k.to_string(), *v)).collect(),
            class_filtered: counts(&metric.class_filtered),
            constraint_filtered: counts(&metric.constraint_filtered),
            nodes_exhausted: metric.nodes_exhausted,
            class_exhausted: counts(&metric.class_exhausted),
            dimension_exhausted: counts(&metric.dimension_exhausted),
            quota_exhausted: None,
            resources_exhausted: exhausted(metric),
            scores: None,
            score_meta_data: (!metric.scores.is_empty())
                .then(|| metric.scores.iter().map(Into::into).collect()),
            allocation_time: u64::try_from(metric.allocation_time.as_nanos()).unwrap_or(u64::MAX),
            coalesced_failures: metric.coalesced_failures,
        }
    }
}

fn exhausted(metric: &AllocMetric) -> Option<BTreeMap<String, ResourcesInput>> {
    let asked = metric.resources_exhausted.iter().map(|(task, asked)| (task.to_string(), resources(*asked)));
    (!metric.resources_exhausted.is_empty()).then(|| asked.collect())
}

fn resources(asked: Resources) -> ResourcesInput {
    let number = |amount: u64| Some(i64::try_from(amount).unwrap_or(i64::MAX));
    ResourcesInput {
        cpu: number(asked.cpu_mhz),
        cores: number(asked.cores.into()),
        memory_mb: number(asked.memory_mb),
        memory_max_mb: Some(0),
        disk_mb: number(asked.disk_mb),
        iops: Some(0),
        ..ResourcesInput::default()
    }
}

/// An empty count is null, as in the contract.
fn counts(map: &BTreeMap<muster_ids::Text, u32>) -> Option<BTreeMap<String, u32>> {
    (!map.is_empty()).then(|| map.iter().map(|(key, count)| (key.to_string(), *count)).collect())
}
