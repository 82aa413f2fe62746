//! `scaling`: bounds for an autoscaler.

use serde::{Deserialize, Serialize};

use super::{FreeMap, TextMap};

/// A scaling policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ScalingInput {
    #[serde(rename = "ID")]
    pub id: Option<String>,
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    pub target: Option<TextMap>,
    pub policy: Option<FreeMap>,
    pub min: Option<i64>,
    pub max: Option<i64>,
    pub enabled: Option<bool>,
    pub create_index: Option<u64>,
    pub modify_index: Option<u64>,
}
