//! `dispatch_payload`: where a task finds what its job was dispatched with.

use serde::{Deserialize, Serialize};

/// The file a payload is put into.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DispatchPayloadInput {
    pub file: Option<String>,
}
