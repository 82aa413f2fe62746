//! `spread`: a wish to distribute over the values of an attribute.

use serde::{Deserialize, Serialize};

/// A wish to distribute.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SpreadInput {
    pub attribute: Option<String>,
    pub weight: Option<i64>,
    #[serde(rename = "SpreadTarget")]
    pub targets: Option<Vec<SpreadTargetInput>>,
}

/// The share one value should get.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct SpreadTargetInput {
    pub value: Option<String>,
    pub percent: Option<i64>,
}
