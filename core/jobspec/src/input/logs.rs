//! `logs`: how the output of a task is kept.

use serde::{Deserialize, Serialize};

/// Rotation of stdout and stderr.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct LogConfigInput {
    pub max_files: Option<i64>,
    #[serde(rename = "MaxFileSizeMB")]
    pub max_file_size_mb: Option<i64>,
    /// The deprecated opposite of `disabled`; never answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    pub disabled: Option<bool>,
}
