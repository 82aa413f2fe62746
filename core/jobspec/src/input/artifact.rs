//! `artifact`: a file fetched before the task starts.

use serde::{Deserialize, Serialize};

use super::TextMap;

/// A file to fetch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ArtifactInput {
    #[serde(rename = "GetterSource")]
    pub source: Option<String>,
    #[serde(rename = "GetterOptions")]
    pub options: Option<TextMap>,
    #[serde(rename = "GetterHeaders")]
    pub headers: Option<TextMap>,
    #[serde(rename = "GetterMode")]
    pub mode: Option<String>,
    #[serde(rename = "GetterInsecure")]
    pub insecure: Option<bool>,
    #[serde(rename = "RelativeDest")]
    pub destination: Option<String>,
    pub chown: Option<bool>,
}
