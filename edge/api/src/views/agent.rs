//! What an agent says of itself and of the servers it knows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentSelf {
    /// The decided configuration with Go field names; secrets are `<redacted>`.
    pub config: serde_json::Value,
    pub member: Option<Member>,
    pub stats: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Member {
    pub name: String,
    pub addr: String,
    pub port: u16,
    pub tags: BTreeMap<String, String>,
    /// `alive`, `leaving`, `left`, `failed`.
    pub status: String,
    pub protocol_min: u8,
    pub protocol_max: u8,
    pub protocol_cur: u8,
    pub delegate_min: u8,
    pub delegate_max: u8,
    pub delegate_cur: u8,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MembersResponse {
    pub server_name: String,
    pub server_region: String,
    #[serde(rename = "ServerDC")]
    pub server_dc: String,
    pub members: Vec<Member>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentHealth {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<RoleHealth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<RoleHealth>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct RoleHealth {
    pub ok: bool,
    pub message: String,
}

/// What `/v1/agent/host` tells of the machine.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostDataView {
    #[serde(rename = "OS")]
    pub os: String,
    pub network: Vec<BTreeMap<String, String>>,
    pub resolv_conf: String,
    pub hosts: String,
    /// Values are shown only of variables that hold no secrets.
    pub environment: BTreeMap<String, String>,
    pub disk: BTreeMap<String, DiskUsageView>,
}

#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
#[serde(default)]
pub struct DiskUsageView {
    #[serde(rename = "DiskMB")]
    pub disk_mb: u64,
    #[serde(rename = "UsedMB")]
    pub used_mb: u64,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct SchedulersView {
    pub server_id: String,
    pub schedulers: Vec<SchedulerView>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct SchedulerView {
    pub id: String,
    pub enabled_schedulers: Vec<String>,
    pub started: String,
    pub status: String,
    pub workload_status: String,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct SchedulersConfigView {
    pub server_id: String,
    pub num_schedulers: usize,
    pub enabled_schedulers: Vec<String>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentJoinResponse {
    pub num_joined: u32,
    pub error: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub warning: String,
}
