//! How a new version takes the place of the old one.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::choice::choice;

/// A group's strategy, complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UpdateStrategy {
    pub stagger: Duration,
    /// Allocations replaced at once; 0 makes no deployment.
    pub max_parallel: u32,
    pub health_check: HealthCheck,
    pub min_healthy_time: Duration,
    pub healthy_deadline: Duration,
    /// Zero fails the deployment with the first unhealthy allocation.
    pub progress_deadline: Duration,
    pub auto_revert: bool,
    pub auto_promote: bool,
    pub canary: u32,
}

impl Default for UpdateStrategy {
    fn default() -> Self {
        Self {
            stagger: Duration::from_secs(30),
            max_parallel: 1,
            health_check: HealthCheck::Checks,
            min_healthy_time: Duration::from_secs(10),
            healthy_deadline: Duration::from_secs(5 * 60),
            progress_deadline: Duration::from_secs(10 * 60),
            auto_revert: false,
            auto_promote: false,
            canary: 0,
        }
    }
}

/// What a job itself keeps of its `update` block; the rest went into its groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobUpdate {
    pub stagger: Duration,
    pub max_parallel: u32,
}

choice! {
    /// How an allocation's health is judged.
    HealthCheck("health_check") {
        #[default]
        Checks = "checks",
        TaskStates = "task_states",
        Manual = "manual",
    }
}
