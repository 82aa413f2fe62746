//! What a caller may do: the policies that decide it, with their rules.

use serde::{Deserialize, Serialize};

/// The rights behind the presented token, or behind none.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AclRightsView {
    /// Everything; there are no policies then.
    pub management: bool,
    /// As far as they exist, by name.
    pub policies: Vec<AclRightsPolicy>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AclRightsPolicy {
    pub name: String,
    pub rules: String,
}
