//! `restart`: what happens on the same node after a failure.

use serde::{Deserialize, Serialize};

use crate::duration::Nanos;

/// Restarts on the same node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RestartInput {
    pub attempts: Option<i64>,
    pub interval: Option<Nanos>,
    pub delay: Option<Nanos>,
    pub mode: Option<String>,
    pub render_templates: Option<bool>,
}
