//! Files of an allocation: descriptions and streamed pieces.

use muster_ids::UnixNanos;
use serde::{Deserialize, Serialize};

use super::rfc3339;

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AllocFileInfo {
    pub name: String,
    pub is_dir: bool,
    pub size: u64,
    /// As `ls -l` writes it.
    pub file_mode: String,
    /// RFC 3339.
    pub mod_time: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content_type: String,
}

impl AllocFileInfo {
    #[must_use]
    pub fn modified(mut self, time: UnixNanos) -> Self {
        self.mod_time = rfc3339(time);
        self
    }
}

/// One piece of a streamed file. Empty members are omitted; an empty frame is a heartbeat. Frames follow each other
/// without anything in between.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct StreamFrame {
    #[serde(skip_serializing_if = "is_zero")]
    pub offset: u64,
    /// Base64.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub data: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file: String,
    /// `file deleted` or `file truncated`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub file_event: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde calls")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}
