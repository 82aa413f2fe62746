//! `affinity`: a preference for nodes.

use serde::{Deserialize, Serialize};

/// A preference for nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AffinityInput {
    #[serde(rename = "LTarget")]
    pub left: Option<String>,
    #[serde(rename = "RTarget")]
    pub right: Option<String>,
    pub operand: Option<String>,
    pub weight: Option<i64>,
}
