//! Files rendered for a task, and rendered again when their data changes.

use std::time::Duration;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

use crate::choice::choice;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Template {
    /// A file of the task; exclusive with `data`.
    pub source: Text,
    pub destination: Text,
    pub data: Text,
    pub change_mode: ChangeMode,
    /// Upper case; empty unless the mode is `signal`.
    pub change_signal: Text,
    pub change_script: Option<Box<ChangeScript>>,
    pub once: bool,
    /// Restarts and signals are spread over this time.
    pub splay: Duration,
    /// Octal.
    pub perms: Text,
    /// `None`: the task's user.
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub left_delimiter: Text,
    pub right_delimiter: Text,
    /// Whether the file is read as environment of the task.
    pub env: bool,
    pub wait: Option<TemplateWait>,
    pub error_on_missing_key: bool,
}

/// A command run in the task when the file changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangeScript {
    pub command: Text,
    pub args: Vec<Text>,
    pub timeout: Duration,
    pub fail_on_error: bool,
    pub run_on_first_render: bool,
}

/// How long changes are collected before rendering.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateWait {
    pub min: Option<Duration>,
    pub max: Option<Duration>,
}

choice! {
    ChangeMode("template change_mode") {
        #[default]
        Restart = "restart",
        Noop = "noop",
        Signal = "signal",
        Script = "script",
    }
}
