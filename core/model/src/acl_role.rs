//! ACL roles: policies in a bundle, which tokens link to.

use muster_ids::{Index, PolicyName, RoleId, RoleName, Text};
use serde::{Deserialize, Serialize};

/// A token that links to a role has the policies that the role has when a request comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclRole {
    pub id: RoleId,
    /// No two roles have the same.
    pub name: RoleName,
    #[serde(default)]
    pub description: Text,
    /// At least one, each once. They existed when the role was written; one that is gone grants nothing.
    pub policies: Vec<PolicyName>,
    #[serde(default)]
    pub create_index: Index,
    #[serde(default)]
    pub modify_index: Index,
}
