//! Follow an agent's log.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentMonitor {
    /// In lower case, such as `info`.
    pub level: String,
    pub json: bool,
    /// Name source files and lines.
    pub location: bool,
}

/// Whole lines with their ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MonitorChunk {
    pub data: Bytes,
}
