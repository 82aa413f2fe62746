//! The outermost block.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    AffinityInput, ConstraintInput, GroupInput, MigrateInput, MultiregionInput, ParameterizedInput,
    PeriodicInput, RescheduleInput, SpreadInput, TextMap, UiInput, UpdateInput, VersionTagView, VolumeInput,
};

/// A job as written or as the API answers it. The last group of fields is kept by the servers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobInput {
    pub region: Option<String>,
    pub namespace: Option<String>,
    #[serde(rename = "ID")]
    pub id: Option<String>,
    pub name: Option<String>,
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    pub priority: Option<i64>,
    pub all_at_once: Option<bool>,
    pub datacenters: Option<Vec<String>>,
    pub node_pool: Option<String>,
    pub constraints: Option<Vec<ConstraintInput>>,
    pub affinities: Option<Vec<AffinityInput>>,
    pub spreads: Option<Vec<SpreadInput>>,
    /// Given to each group whose tasks mount them; only in requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volumes: Option<BTreeMap<String, VolumeInput>>,
    pub task_groups: Option<Vec<GroupInput>>,
    pub update: Option<UpdateInput>,
    /// Default for the groups; only in requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reschedule: Option<RescheduleInput>,
    /// Default for the groups; only in requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrate: Option<MigrateInput>,
    pub multiregion: Option<MultiregionInput>,
    pub periodic: Option<PeriodicInput>,
    pub parameterized_job: Option<ParameterizedInput>,
    /// Base64.
    pub payload: Option<String>,
    pub meta: Option<TextMap>,
    #[serde(rename = "UI")]
    pub ui: Option<UiInput>,
    pub consul_namespace: Option<String>,
    pub vault_namespace: Option<String>,
    pub stop: Option<bool>,
    #[serde(rename = "ParentID")]
    pub parent_id: Option<String>,
    pub dispatched: Option<bool>,
    pub dispatch_idempotency_token: Option<String>,
    #[serde(rename = "NomadTokenID")]
    pub nomad_token_id: Option<String>,
    pub status: Option<String>,
    pub status_description: Option<String>,
    pub stable: Option<bool>,
    pub version: Option<u64>,
    /// Unix nanoseconds.
    pub submit_time: Option<i64>,
    pub create_index: Option<u64>,
    pub modify_index: Option<u64>,
    pub job_modify_index: Option<u64>,
    /// A name that protects a version from pruning.
    pub version_tag: Option<VersionTagView>,
}
