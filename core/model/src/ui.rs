//! What a job shows of itself to people.

use muster_ids::Text;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobUi {
    /// Markdown.
    pub description: Text,
    pub links: Vec<JobLink>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobLink {
    pub label: Text,
    pub url: Text,
}
