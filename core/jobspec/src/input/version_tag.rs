//! The name of a job version, as the API shows it beside the job. Read from nothing: only the servers keep it.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct VersionTagView {
    pub name: String,
    pub description: String,
    /// Unix nanoseconds.
    pub tagged_time: i64,
}

impl From<&muster_model::VersionTag> for VersionTagView {
    fn from(tag: &muster_model::VersionTag) -> Self {
        Self {
            name: tag.name.to_string(),
            description: tag.description.to_string(),
            tagged_time: tag.tagged_at.0,
        }
    }
}
