//! What happens after a task or allocation failed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Restarts on the same node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartPolicy {
    pub attempts: u32,
    /// The window in which `attempts` restarts are allowed.
    pub interval: Duration,
    pub delay: Duration,
    pub mode: RestartMode,
    #[serde(default)]
    pub render_templates: bool,
}

/// What happens when the attempts of an interval are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RestartMode {
    /// Wait until the interval is over, then start anew.
    Delay,
    /// The task has failed.
    Fail,
}

/// Replacement on another node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReschedulePolicy {
    pub attempts: u32,
    pub interval: Duration,
    pub delay: Duration,
    pub delay_function: DelayFunction,
    pub max_delay: Duration,
    pub unlimited: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DelayFunction {
    Constant,
    Exponential,
    Fibonacci,
}
