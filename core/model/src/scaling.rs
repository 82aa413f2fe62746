//! Bounds and advice for an autoscaler.

use std::collections::BTreeMap;

use muster_ids::Text;
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
