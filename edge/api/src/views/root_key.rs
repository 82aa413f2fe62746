//! The keyring as operators see it, and as verifiers of its signatures do.

use muster_model::RootKey;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RootKeyMeta {
    /// How values are encrypted: `aes256-gcm`.
    pub algorithm: String,
    pub create_index: u64,
    /// Nanoseconds since 1970.
    pub create_time: i64,
    #[serde(rename = "KeyID")]
    pub key_id: String,
    pub modify_index: u64,
    /// When a prepublished key becomes active, or became so; 0 for others.
    pub publish_time: i64,
    /// How tokens are signed: `RS256` or `EdDSA`.
    pub signing_algorithm: String,
    /// `active`, `inactive`, `rekeying` or `prepublished`.
    pub state: String,
}

impl From<&RootKey> for RootKeyMeta {
    fn from(key: &RootKey) -> Self {
        Self {
            key_id: key.id.to_string(),
            algorithm: "aes256-gcm".to_owned(),
            signing_algorithm: key.signing.as_str().to_owned(),
            create_time: key.create_time.0,
            create_index: key.create_index.0,
            modify_index: key.modify_index.0,
            state: key.state.as_str().to_owned(),
            publish_time: key.publish_time.map_or(0, |time| time.0),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct KeyringRotateResponse {
    pub index: u64,
    pub key: Option<RootKeyMeta>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct KeyringDeleteResponse {
    pub index: u64,
}

/// RFC 7517: what verifies the tokens of this cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JwksView {
    pub keys: Vec<JwkView>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JwkView {
    /// `sig`
    #[serde(rename = "use")]
    pub usage: String,
    /// `RSA` or `OKP`
    pub kty: String,
    pub kid: String,
    /// `RS256` or `EdDSA`
    pub alg: String,
    /// Modulus of an RSA key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// Exponent of an RSA key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// `Ed25519`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// The point of an Ed25519 key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
}

/// Where verifiers find the keys, as OpenID Connect Discovery writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OidcDiscoveryView {
    pub issuer: String,
    pub jwks_uri: String,
    pub id_token_signing_alg_values_supported: Vec<String>,
    pub response_types_supported: Vec<String>,
    pub subject_types_supported: Vec<String>,
}
