//! What is remembered of a task between steps and across restarts of the agent.

use muster_ids::UnixNanos;
use muster_model::TaskState;
use serde::{Deserialize, Serialize};

use super::message::KillRequest;
use super::restart::RestartWindow;

/// Where a task is in its life. The picture is in [`super`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Its turn has not come.
    #[default]
    Waiting,
    BuildingDir,
    Fetching,
    /// The driver was asked to start it; a kill that arrives now waits for the answer.
    Starting {
        kill: Option<KillRequest>,
    },
    Running,
    /// Asked to die, waiting for its shutdown delay.
    Lingering {
        until: UnixNanos,
        reason: Option<muster_ids::Text>,
    },
    /// The driver was asked to stop it. `retry_at` is set when it could not.
    Stopping {
        restart: bool,
        retry_at: Option<UnixNanos>,
    },
    /// Waiting for the restart delay.
    Backoff {
        until: UnixNanos,
    },
    Dead,
}

/// Saved by the edge before any effect of the step that changed it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskMemory {
    pub stage: Stage,
    /// What the servers are told.
    pub state: TaskState,
    /// Number of the current start, or of the next one when none is current.
    pub generation: u32,
    pub dir_ready: bool,
    /// How many artifacts are in place.
    pub fetched: usize,
    pub window: RestartWindow,
    /// Once stopped for a restart it waits for its turn, like a task that never ran.
    pub requeue: bool,
}
