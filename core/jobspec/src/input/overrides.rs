//! What one dispatch sets of its child.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ConstraintInput;

/// Absent members leave what the parent says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct OverridesInput {
    pub constraints: Option<Vec<ConstraintInput>>,
    /// Whole ids.
    pub nodes: Option<Vec<String>>,
    pub node_pool: Option<String>,
    pub datacenters: Option<Vec<String>>,
    /// By group.
    pub counts: Option<BTreeMap<String, i64>>,
    /// MHz, by `task` or `group/task`.
    #[serde(rename = "CPU")]
    pub cpu: Option<BTreeMap<String, i64>>,
    /// MB, by `task` or `group/task`.
    pub memory: Option<BTreeMap<String, i64>>,
}
