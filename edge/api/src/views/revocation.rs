//! Banned nodes and revoked certificates on the wire.

use muster_model::{Revocation, RevokedSubject};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rfc3339;

/// What is to be revoked: exactly one of the first three.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RevocationRequest {
    #[serde(rename = "NodeID")]
    pub node_id: String,
    /// Serial number of a certificate in hexadecimal, with or without colons.
    pub serial: String,
    /// SHA-256 of a certificate in hexadecimal, with or without colons.
    pub fingerprint: String,
    pub reason: String,
    /// Nanoseconds or a duration such as `"24h"`; for ever when absent.
    #[serde(rename = "TTL")]
    pub ttl: Value,
}

/// A revocation as operators see it.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RevocationView {
    /// `node`, `serial` or `fingerprint`.
    pub kind: String,
    /// What it is taken back by.
    #[serde(rename = "ID")]
    pub id: String,
    pub reason: String,
    /// Accessor of the ACL token that asked for it.
    pub created_by: String,
    pub create_time: String,
    /// Absent when it lasts.
    pub expiration_time: Option<String>,
    pub create_index: u64,
    pub modify_index: u64,
}

impl From<&Revocation> for RevocationView {
    fn from(revocation: &Revocation) -> Self {
        let kind = match &revocation.subject {
            RevokedSubject::Node(_) => "node",
            RevokedSubject::Serial(_) => "serial",
            RevokedSubject::Fingerprint(_) => "fingerprint",
        };
        Self {
            kind: kind.to_owned(),
            id: revocation.subject.to_string(),
            reason: revocation.reason.to_string(),
            created_by: revocation.created_by.map(|accessor| accessor.to_string()).unwrap_or_default(),
            create_time: rfc3339(revocation.create_time),
            expiration_time: revocation.expiration_time.map(rfc3339),
            create_index: revocation.create_index.0,
            modify_index: revocation.modify_index.0,
        }
    }
}
