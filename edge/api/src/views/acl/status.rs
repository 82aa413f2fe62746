//! How access control stands, in one answer.

use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AclStatusView {
    pub enabled: bool,
    /// Whether the first token was made.
    pub bootstrapped: bool,
    /// The index that allows another bootstrap; zero before the first.
    pub bootstrap_index: u64,
    /// Whether there is a policy for those who present no token.
    pub anonymous_policy: bool,
    /// Only for those who manage or operate the cluster, as is all that follows.
    pub tokens: Option<AclTokenCounts>,
    pub policies: Option<u64>,
    pub roles: Option<u64>,
    /// Those that are over next, at most twenty.
    pub expiring: Option<Vec<AclExpiringToken>>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AclTokenCounts {
    /// Valid ones, of both types.
    pub total: u64,
    pub management: u64,
    pub client: u64,
    pub global: u64,
    /// Valid until somebody revokes them.
    pub without_expiry: u64,
    /// Over within the time asked about.
    pub expiring: u64,
    /// Over and not forgotten yet.
    pub expired: u64,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AclExpiringToken {
    #[serde(rename = "AccessorID")]
    pub accessor_id: String,
    pub name: String,
    #[serde(rename = "Type")]
    pub kind: String,
    pub expiration_time: String,
}
