//! ACL roles on the wire, alone and in lists.

use muster_model::AclRole;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AclRoleView {
    /// Made by the servers.
    #[serde(rename = "ID")]
    pub id: String,
    pub name: String,
    pub description: String,
    pub policies: Option<Vec<AclPolicyLink>>,
    /// Base64 of a hash over what the role says.
    pub hash: Option<String>,
    pub create_index: u64,
    pub modify_index: u64,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AclPolicyLink {
    pub name: String,
}

impl AclRoleView {
    #[must_use]
    pub fn new(role: &AclRole, hash: String) -> Self {
        let link = |name: &muster_ids::PolicyName| AclPolicyLink { name: name.to_string() };
        Self {
            id: role.id.to_string(),
            name: role.name.to_string(),
            description: role.description.to_string(),
            policies: Some(role.policies.iter().map(link).collect()),
            hash: Some(hash),
            create_index: role.create_index.0,
            modify_index: role.modify_index.0,
        }
    }
}
