//! `resources`: what a task asks for.

use muster_model::TaskResources;
use serde::{Deserialize, Serialize};

use super::{DeviceInput, NetworkInput, NumaInput};
use crate::decide::Findings;
use crate::wire::Wire;

/// Resources of one task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ResourcesInput {
    /// MHz.
    #[serde(rename = "CPU")]
    pub cpu: Option<i64>,
    pub cores: Option<i64>,
    #[serde(rename = "MemoryMB")]
    pub memory_mb: Option<i64>,
    /// -1 means no limit.
    #[serde(rename = "MemoryMaxMB")]
    pub memory_max_mb: Option<i64>,
    #[serde(rename = "DiskMB")]
    pub disk_mb: Option<i64>,
    #[serde(rename = "IOPS")]
    pub iops: Option<i64>,
    pub networks: Option<Vec<NetworkInput>>,
    pub devices: Option<Vec<DeviceInput>>,
    #[serde(rename = "NUMA")]
    pub numa: Option<NumaInput>,
    #[serde(rename = "SecretsMB")]
    pub secrets_mb: Option<i64>,
}

impl Wire for ResourcesInput {
    type Model = TaskResources;

    fn decide(&self, found: &mut Findings) -> TaskResources {
        crate::decide::decide_resources(Some(self), found)
    }

    fn view(model: &TaskResources) -> Self {
        crate::view::resources(model)
    }
}
