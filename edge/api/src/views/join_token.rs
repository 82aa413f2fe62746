//! Join tokens on the wire.

use muster_model::JoinToken;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{SecretText, rfc3339};

/// What a join token is to be for.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JoinTokenRequest {
    /// `client` when empty.
    pub role: String,
    /// Of the node that joins; `default` when empty.
    pub node_pool: String,
    /// The only name that may join with it; any when empty.
    pub node_name: String,
    /// Nanoseconds or a duration such as `"15m"`; 15 minutes when absent.
    #[serde(rename = "TTL")]
    pub ttl: Value,
}

/// A join token as it is made: the only place where its code is ever shown.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JoinTokenCreated {
    pub token: JoinTokenView,
    /// Everything the machine needs, as one word.
    pub code: SecretText,
    /// SHA-256 of the certificate of the authority that vouches for the servers: what the code pins.
    #[serde(rename = "CAFingerprint")]
    pub ca_fingerprint: String,
}

/// A join token as operators see it.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JoinTokenView {
    #[serde(rename = "ID")]
    pub id: String,
    pub role: String,
    pub node_pool: String,
    /// Empty where any name may join.
    pub node_name: String,
    /// Accessor of the ACL token that asked for it.
    pub created_by: String,
    pub create_time: String,
    pub expiration_time: String,
    /// Who joined with it; empty while nobody has.
    pub used_by: String,
    pub used_from: String,
    pub used_time: Option<String>,
    pub create_index: u64,
    pub modify_index: u64,
}

impl From<&JoinToken> for JoinTokenView {
    fn from(token: &JoinToken) -> Self {
        let used = token.used.as_ref();
        Self {
            id: token.id.to_string(),
            role: token.role.as_str().to_owned(),
            node_pool: token.node_pool.to_string(),
            node_name: token.node_name.as_deref().unwrap_or_default().to_owned(),
            created_by: token.created_by.map(|accessor| accessor.to_string()).unwrap_or_default(),
            create_time: rfc3339(token.create_time),
            expiration_time: rfc3339(token.expiration_time),
            used_by: used.map(|used| used.name.to_string()).unwrap_or_default(),
            used_from: used.map(|used| used.address.to_string()).unwrap_or_default(),
            used_time: used.map(|used| rfc3339(used.time)),
            create_index: token.create_index.0,
            modify_index: token.modify_index.0,
        }
    }
}
