//! The operator's facts about a node.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeMetaView {
    /// What constraints see.
    pub meta: BTreeMap<String, String>,
    /// What was applied while the node ran; null hides what its configuration file says.
    pub dynamic: BTreeMap<String, Option<String>>,
    /// What its configuration file says.
    #[serde(rename = "Static")]
    pub fixed: BTreeMap<String, String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeMetaRequest {
    #[serde(rename = "NodeID")]
    pub node_id: String,
    /// A text sets a key, null unsets it.
    pub meta: BTreeMap<String, Option<String>>,
}
