//! `lifecycle`: when a task runs relative to the main tasks.

use serde::{Deserialize, Serialize};

/// The place of a task in the life of its allocation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LifecycleInput {
    pub hook: Option<String>,
    pub sidecar: Option<bool>,
}
