//! `service`: a name under which a port is found.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CheckInput, CheckRestartInput, TextMap};

/// A service of a group or task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ServiceInput {
    pub name: Option<String>,
    pub task_name: Option<String>,
    pub port_label: Option<String>,
    pub address_mode: Option<String>,
    pub address: Option<String>,
    pub enable_tag_override: Option<bool>,
    pub tags: Option<Vec<String>>,
    pub canary_tags: Option<Vec<String>>,
    pub checks: Option<Vec<CheckInput>>,
    /// Merged into every check; only in requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_restart: Option<CheckRestartInput>,
    pub connect: Option<Value>,
    pub meta: Option<TextMap>,
    pub canary_meta: Option<TextMap>,
    pub weights: Option<Value>,
    pub tagged_addresses: Option<TextMap>,
    pub namespace: Option<String>,
    pub on_update: Option<String>,
    pub provider: Option<String>,
    pub cluster: Option<String>,
    pub identity: Option<Value>,
    pub kind: Option<String>,
}
