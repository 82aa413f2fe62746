//! One-time tokens on the wire.

use muster_model::OneTimeToken;
use serde::{Deserialize, Serialize};

use super::{AclTokenView, SecretText};
use crate::views::rfc3339;

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct OneTimeTokenView {
    /// Shown here and never again.
    #[serde(rename = "OneTimeSecretID")]
    pub one_time_secret_id: SecretText,
    /// The token that it is exchanged for.
    #[serde(rename = "AccessorID")]
    pub accessor_id: String,
    pub expires_at: String,
    pub create_index: u64,
    pub modify_index: u64,
}

impl OneTimeTokenView {
    #[must_use]
    pub fn new(token: &OneTimeToken, secret: SecretText) -> Self {
        Self {
            one_time_secret_id: secret,
            accessor_id: token.accessor.to_string(),
            expires_at: rfc3339(token.expires_at),
            create_index: token.create_index.0,
            modify_index: token.modify_index.0,
        }
    }
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct OneTimeTokenResponse {
    pub one_time_token: OneTimeTokenView,
    pub index: u64,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct OneTimeExchangeRequest {
    #[serde(rename = "OneTimeSecretID")]
    pub one_time_secret_id: SecretText,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct OneTimeExchangeResponse {
    pub token: AclTokenView,
    pub index: u64,
}
