//! Ask an agent for what it logged before.

use std::time::Duration;

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentExport {
    /// The log file; else the journal of `service`.
    pub on_disk: bool,
    pub service: String,
    /// How far back the journal is read.
    pub since: Duration,
    /// Goes on with what the journal gets.
    pub follow: bool,
}
