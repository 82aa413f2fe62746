//! Runs of parameterized and periodic jobs: requests for them and their answers.

use std::collections::BTreeMap;

use muster_jobspec::input::OverridesInput;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobDispatchRequest {
    #[serde(rename = "JobID")]
    pub job_id: String,
    /// Base64.
    pub payload: Option<String>,
    pub meta: Option<BTreeMap<String, String>>,
    pub id_prefix_template: String,
    /// 0 is the parent's.
    pub priority: i64,
    pub namespace: String,
    /// The one in the query wins.
    pub idempotency_token: String,
    /// What the job's `parameterized` block allows a dispatch to set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overrides: Option<OverridesInput>,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobDispatchResponse {
    #[serde(rename = "DispatchedJobID")]
    pub dispatched_job_id: String,
    /// Empty when the token was used before, and for jobs that are periodic.
    #[serde(rename = "EvalID")]
    pub eval_id: String,
    pub eval_create_index: u64,
    pub job_create_index: u64,
    /// Says when the token was used before for something else.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub warnings: String,
    pub index: u64,
    pub last_contact: u64,
    pub known_leader: bool,
    pub next_token: String,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PeriodicForceResponse {
    #[serde(rename = "EvalID")]
    pub eval_id: String,
    pub eval_create_index: u64,
    pub index: u64,
    pub last_contact: u64,
    pub known_leader: bool,
    pub next_token: String,
}
