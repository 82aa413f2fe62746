//! One workload run by a driver.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{DriverName, TaskName, Text};
use serde::{Deserialize, Serialize};

use crate::{
    Action, Affinity, Artifact, Constraint, Consul, CsiPlugin, Identity, RestartPolicy, ScalingPolicy,
    SecretRef, Service, TaskResources, TaskSchedule, Template, Value, Vault, VolumeMount,
};

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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affinities: Vec<Affinity>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<Template>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volume_mounts: Vec<VolumeMount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vault: Option<Box<Vault>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consul: Option<Box<Consul>>,
    /// The identity every task has; `None` when it is not shown to the task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Box<Identity>>,
    /// All others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<Identity>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretRef>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch_payload: Option<DispatchPayload>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csi_plugin: Option<Box<CsiPlugin>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Box<TaskSchedule>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scaling: Vec<ScalingPolicy>,
    /// Part in a service mesh, such as `connect-proxy:web`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Text>,
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
