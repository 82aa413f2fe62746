//! One workload run by a driver.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{DriverName, TaskName, Text};
use serde::{Deserialize, Serialize};

use crate::{Artifact, Constraint, RestartPolicy, TaskResources, Value};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    pub name: TaskName,
    pub driver: DriverName,
    /// User to run as; `None` leaves it to the driver.
    pub user: Option<Text>,
    /// Driver configuration, checked by the driver on the node.
    pub config: BTreeMap<String, Value>,
    pub env: BTreeMap<String, Text>,
    pub meta: BTreeMap<String, Text>,
    pub constraints: Vec<Constraint>,
    pub resources: TaskResources,
    pub restart: RestartPolicy,
    pub artifacts: Vec<Artifact>,
    pub logs: LogConfig,
    /// Time between the kill signal and SIGKILL.
    pub kill_timeout: Duration,
    /// Signal name such as `SIGINT`; `None` leaves it to the driver.
    pub kill_signal: Option<Text>,
    /// Its end stops the other tasks of the group.
    pub leader: bool,
    /// `None` for a main task.
    pub lifecycle: Option<Lifecycle>,
    pub shutdown_delay: Duration,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch_payload: Option<DispatchPayload>,
}

/// Where a dispatched job's payload is put before the task starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DispatchPayload {
    /// Relative to the task's `local` directory, without `..`.
    pub file: Text,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogConfig {
    pub max_files: u32,
    pub max_file_size_mb: u32,
    pub disabled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    pub hook: LifecycleHook,
    pub sidecar: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LifecycleHook {
    Prestart,
    Poststart,
    Poststop,
}
