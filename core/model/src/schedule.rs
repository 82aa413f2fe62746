//! Hours in which a task runs.

use muster_ids::Text;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskSchedule {
    pub cron: Option<Box<ScheduleCron>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScheduleCron {
    /// Six cron fields, without `/` and `,`.
    pub start: Text,
    /// Minute and hour.
    pub end: Text,
    pub timezone: Text,
}
