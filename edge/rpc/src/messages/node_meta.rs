//! The operator's facts about a node, read and changed while it runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeMetaRead {}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeMetaApply {
    /// A value sets a key, `None` unsets it.
    pub changes: BTreeMap<String, Option<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeMeta {
    /// What constraints see.
    pub meta: BTreeMap<String, String>,
    /// What was applied; `None` hides what the configuration file says.
    pub dynamic: BTreeMap<String, Option<String>>,
    /// What the configuration file says.
    pub fixed: BTreeMap<String, String>,
}
