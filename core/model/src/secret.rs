//! Secrets fetched for a task before it starts. Only where they are is stored, never what they are.

use std::collections::BTreeMap;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

use crate::Value;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SecretRef {
    pub name: Text,
    /// `nomad`, `vault`, or a plugin.
    pub provider: Text,
    pub path: Text,
    pub config: BTreeMap<String, Value>,
    pub env: BTreeMap<String, Text>,
}
