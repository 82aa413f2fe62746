//! Versions of a job: their tags, and going back to one.

use muster_model::VersionTag;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobRevertRequest {
    #[serde(rename = "JobID")]
    pub job_id: String,
    pub job_version: u64,
    /// Demands that this is the current version.
    pub enforce_prior_version: Option<u64>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobStabilityRequest {
    #[serde(rename = "JobID")]
    pub job_id: String,
    pub job_version: u64,
    pub stable: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobStabilityResponse {
    pub index: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobTagRequest {
    pub version: u64,
    /// The current version, whichever it is.
    pub latest: bool,
    pub description: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobTagResponse {
    pub name: String,
    pub description: String,
    /// Unix nanoseconds.
    pub tagged_time: i64,
    pub index: u64,
    pub last_contact: u64,
    pub known_leader: bool,
    pub next_token: String,
}

impl JobTagResponse {
    #[must_use]
    pub fn new(tag: &VersionTag, index: u64) -> Self {
        Self {
            name: tag.name.to_string(),
            description: tag.description.to_string(),
            tagged_time: tag.tagged_at.0,
            index,
            ..Self::default()
        }
    }
}
