//! `group`: tasks placed together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    AffinityInput, CleanupInput, ConstraintInput, ConsulInput, DisconnectInput, EphemeralDiskInput,
    MigrateInput, NetworkInput, RescheduleInput, RestartInput, ScalingInput, ServiceInput, SpreadInput,
    TaskInput, TextMap, UpdateInput, VolumeInput,
};
use crate::duration::Nanos;

/// A group of tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GroupInput {
    pub name: Option<String>,
    pub count: Option<i64>,
    pub constraints: Option<Vec<ConstraintInput>>,
    pub affinities: Option<Vec<AffinityInput>>,
    pub spreads: Option<Vec<SpreadInput>>,
    pub tasks: Option<Vec<TaskInput>>,
    pub restart_policy: Option<RestartInput>,
    pub reschedule_policy: Option<RescheduleInput>,
    pub ephemeral_disk: Option<EphemeralDiskInput>,
    pub networks: Option<Vec<NetworkInput>>,
    pub services: Option<Vec<ServiceInput>>,
    pub volumes: Option<BTreeMap<String, VolumeInput>>,
    pub meta: Option<TextMap>,
    pub update: Option<UpdateInput>,
    pub migrate: Option<MigrateInput>,
    pub disconnect: Option<DisconnectInput>,
    pub scaling: Option<ScalingInput>,
    pub consul: Option<ConsulInput>,
    pub shutdown_delay: Option<Nanos>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleanup: Option<CleanupInput>,
    pub max_run_duration: Option<Nanos>,
    pub stop_after_client_disconnect: Option<Nanos>,
    pub max_client_disconnect: Option<Nanos>,
    pub prevent_reschedule_on_lost: Option<bool>,
}
