//! `ephemeral_disk`: the space an allocation may fill.

use serde::{Deserialize, Serialize};

/// The disk of an allocation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct EphemeralDiskInput {
    pub sticky: Option<bool>,
    #[serde(rename = "SizeMB")]
    pub size_mb: Option<i64>,
    pub migrate: Option<bool>,
}
