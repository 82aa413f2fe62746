//! Send a signal to tasks.

use muster_ids::{AllocId, TaskName, Text};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocSignal {
    pub alloc_id: AllocId,
    /// One task; `None` means every task that runs.
    #[serde(default)]
    pub task: Option<TaskName>,
    /// Name such as `SIGHUP`, checked by the node's driver.
    pub signal: Text,
}
