//! `constraint`: a condition on nodes.

use serde::{Deserialize, Serialize};

/// A condition on nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ConstraintInput {
    #[serde(rename = "LTarget")]
    pub left: Option<String>,
    #[serde(rename = "RTarget")]
    pub right: Option<String>,
    pub operand: Option<String>,
}
