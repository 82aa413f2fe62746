//! Files fetched before a task starts.

use std::collections::BTreeMap;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// URL; may hold `${…}` references resolved on the node. Never empty.
    pub source: Text,
    /// Destination relative to the task directory.
    pub destination: Text,
    pub mode: ArtifactMode,
    /// `checksum` and transport options, as written.
    pub options: BTreeMap<String, Text>,
    pub headers: BTreeMap<String, Text>,
    pub insecure: bool,
    pub chown: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ArtifactMode {
    /// Unpack archives, otherwise store the file.
    #[default]
    Any,
    File,
    Dir,
}
