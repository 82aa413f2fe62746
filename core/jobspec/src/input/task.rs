//! `task`: one workload run by a driver.

use serde::{Deserialize, Serialize};

use super::{
    ActionInput, AffinityInput, ArtifactInput, ConstraintInput, ConsulInput, CsiPluginInput,
    DispatchPayloadInput, FreeMap, IdentityInput, LifecycleInput, LogConfigInput, ResourcesInput,
    RestartInput, ScalingInput, ScheduleInput, SecretInput, ServiceInput, TemplateInput, TextMap, VaultInput,
    VolumeMountInput,
};
use crate::duration::Nanos;

/// A task of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TaskInput {
    pub name: Option<String>,
    pub driver: Option<String>,
    pub user: Option<String>,
    pub config: Option<FreeMap>,
    pub env: Option<TextMap>,
    pub meta: Option<TextMap>,
    pub constraints: Option<Vec<ConstraintInput>>,
    pub affinities: Option<Vec<AffinityInput>>,
    pub resources: Option<ResourcesInput>,
    pub restart_policy: Option<RestartInput>,
    pub artifacts: Option<Vec<ArtifactInput>>,
    pub log_config: Option<LogConfigInput>,
    pub kill_timeout: Option<Nanos>,
    pub kill_signal: Option<String>,
    pub leader: Option<bool>,
    pub lifecycle: Option<LifecycleInput>,
    pub shutdown_delay: Option<Nanos>,
    pub services: Option<Vec<ServiceInput>>,
    pub templates: Option<Vec<TemplateInput>>,
    pub volume_mounts: Option<Vec<VolumeMountInput>>,
    pub vault: Option<VaultInput>,
    pub secrets: Option<Vec<SecretInput>>,
    pub consul: Option<ConsulInput>,
    pub dispatch_payload: Option<DispatchPayloadInput>,
    pub scaling_policies: Option<Vec<ScalingInput>>,
    pub kind: Option<String>,
    #[serde(rename = "CSIPluginConfig")]
    pub csi_plugin_config: Option<CsiPluginInput>,
    pub identity: Option<IdentityInput>,
    pub identities: Option<Vec<IdentityInput>>,
    pub actions: Option<Vec<ActionInput>>,
    pub schedule: Option<ScheduleInput>,
}
