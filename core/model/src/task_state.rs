//! What a node reports about a task.

use std::time::Duration;

use muster_ids::{Text, UnixNanos};
use serde::{Deserialize, Serialize};

/// One task of an allocation as its node last reported it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskState {
    pub phase: TaskPhase,
    pub failed: bool,
    pub restarts: u32,
    pub last_restart: UnixNanos,
    pub started_at: UnixNanos,
    pub finished_at: UnixNanos,
    /// The newest ten, oldest first.
    pub events: Vec<TaskEvent>,
}

impl TaskState {
    /// How many events are kept.
    pub const MAX_EVENTS: usize = 10;

    /// Appends, dropping the oldest event when full.
    pub fn push_event(&mut self, event: TaskEvent) {
        if self.events.len() >= Self::MAX_EVENTS {
            self.events.remove(0);
        }
        self.events.push(event);
    }

    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.phase == TaskPhase::Dead && !self.failed
    }
}

/// ```text
///   pending -> running -> dead
///      ^----------'  (restart)
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskPhase {
    #[default]
    Pending,
    Running,
    Dead,
}

impl TaskPhase {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Dead => "dead",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskEvent {
    pub time: UnixNanos,
    pub kind: TaskEventKind,
}

/// What happened to a task. `muster-api` turns each into the contract's type, message and details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskEventKind {
    Received,
    BuildingTaskDir,
    DownloadingArtifacts,
    ArtifactDownloadFailed {
        error: Text,
    },
    SetupFailure {
        error: Text,
    },
    DriverFailure {
        error: Text,
    },
    FailedValidation {
        error: Text,
    },
    Started,
    Terminated {
        exit_code: i32,
        signal: i32,
        oom_killed: bool,
        error: Option<Text>,
    },
    Restarting {
        reason: Text,
        delay: Duration,
    },
    NotRestarting {
        reason: Text,
    },
    RestartSignaled {
        reason: Text,
    },
    Signaling {
        signal: Text,
    },
    Killing {
        timeout: Duration,
        reason: Option<Text>,
    },
    Killed {
        error: Option<Text>,
    },
    SiblingFailed {
        task: Text,
    },
    LeaderDead,
    MainTasksDead,
    /// Its node had lost contact with the servers and has it again.
    Reconnected,
    WaitingForShutdownDelay {
        delay: Duration,
    },
    SkippingShutdownDelay {
        delay: Duration,
    },
    /// The allocation's directory holds more than its `ephemeral_disk` allows.
    DiskExceeded {
        limit_mb: u32,
        used_mb: u64,
    },
    /// What preparing the task has to say that is no failure.
    HookMessage {
        message: Text,
    },
    /// The allocation was found unhealthy, for the rollout or migration that waits for it.
    AllocUnhealthy {
        message: Text,
    },
    RestoreFailed {
        error: Text,
    },
    /// A message of the driver itself.
    Driver {
        message: Text,
    },
}
