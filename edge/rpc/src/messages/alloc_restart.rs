//! Restart tasks in place.

use muster_ids::{AllocId, TaskName};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocRestart {
    pub alloc_id: AllocId,
    /// One task; `None` means every task that runs.
    #[serde(default)]
    pub task: Option<TaskName>,
    /// Also tasks that have ended, in the order of their life cycle. Excludes `task`.
    #[serde(default)]
    pub all_tasks: bool,
}
