//! What is remembered of an allocation between steps and across restarts of the agent.

use std::time::Duration;

use muster_ids::{Text, UnixNanos};
use serde::{Deserialize, Serialize};

use super::health::HealthMemory;
use crate::task::TaskMemory;

/// Saved by the edge before any effect of the step that changed it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AllocMemory {
    pub begun: bool,
    /// Parallel to the group's tasks.
    pub tasks: Vec<TaskMemory>,
    pub ending: Option<Ending>,
    /// No task is killed before this, when set.
    pub kill_from: Option<UnixNanos>,
    /// When its first task was running.
    pub ran_since: Option<UnixNanos>,
    /// How far taking over the predecessor's data is.
    pub inherit: Inherit,
    /// Users were told that the disk is fuller than allowed.
    pub disk_told: bool,
    pub health: HealthMemory,
    /// Its node stopped it for want of contact with the servers.
    pub cut_off: bool,
    pub destroying: bool,
    pub removed: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Inherit {
    #[default]
    NotAsked,
    Asked,
    Done,
}

/// Why the tasks that still live are to end. The first cause stays, but a stop overrides the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    Stop {
        reason: Option<Text>,
        skip_delay: bool,
    },
    SiblingFailed {
        task: Text,
    },
    LeaderDead,
    /// Every main task ended by itself; what ran beside them ends too.
    MainTasksDead,
    /// It ran for as long as it may; what still lives has failed.
    TimeIsUp {
        limit: Duration,
    },
}
