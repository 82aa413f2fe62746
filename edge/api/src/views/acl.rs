//! ACL tokens on the wire; policies, roles and what is exchanged in files of their own.

mod one_time;
mod policy;
mod rights;
mod role;
mod status;

use std::fmt;

use muster_model::AclToken;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::one_time::{
    OneTimeExchangeRequest, OneTimeExchangeResponse, OneTimeTokenResponse, OneTimeTokenView,
};
pub use self::policy::{AclPolicyStub, AclPolicyView, JobAclView};
pub use self::rights::{AclRightsPolicy, AclRightsView};
pub use self::role::{AclPolicyLink, AclRoleView};
pub use self::status::{AclExpiringToken, AclStatusView, AclTokenCounts};
use super::rfc3339;

/// A secret on its way to the one who may have it, or from the one who presents it. `Debug` shows nothing.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for whoever uses the secret.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// What `acl bootstrap` may bring along.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AclBootstrapRequest {
    /// A UUID to become the token's secret; made by the server when empty.
    #[serde(skip_serializing_if = "is_empty")]
    pub bootstrap_secret: SecretText,
}

fn is_empty(secret: &SecretText) -> bool {
    secret.expose().is_empty()
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AclRoleLink {
    #[serde(rename = "ID")]
    pub id: String,
    pub name: String,
}

/// A token. Its secret is there only when it is made, and for the one who presented it.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AclTokenView {
    #[serde(rename = "AccessorID")]
    pub accessor_id: String,
    #[serde(rename = "SecretID")]
    pub secret_id: SecretText,
    pub name: String,
    #[serde(rename = "Type")]
    pub kind: String,
    pub policies: Option<Vec<String>>,
    pub roles: Option<Vec<AclRoleLink>>,
    pub global: bool,
    /// Base64 of a hash over what the token allows.
    pub hash: Option<String>,
    pub create_time: Option<String>,
    pub expiration_time: Option<String>,
    /// When a token is made: nanoseconds or a duration such as `"1h"`. Null in answers.
    #[serde(rename = "ExpirationTTL")]
    pub expiration_ttl: Value,
    pub create_index: u64,
    pub modify_index: u64,
}

impl AclTokenView {
    /// `roles` are those of the token's that exist; `hash` is over what the token allows.
    #[must_use]
    pub fn new(token: &AclToken, secret: SecretText, roles: Vec<AclRoleLink>, hash: String) -> Self {
        let stub = AclTokenStub::new(token, roles, hash);
        Self {
            accessor_id: stub.accessor_id,
            secret_id: secret,
            name: stub.name,
            kind: stub.kind,
            policies: stub.policies,
            roles: stub.roles,
            global: stub.global,
            hash: stub.hash,
            create_time: stub.create_time,
            expiration_time: stub.expiration_time,
            expiration_ttl: Value::Null,
            create_index: stub.create_index,
            modify_index: stub.modify_index,
        }
    }
}

/// A token in a list.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AclTokenStub {
    #[serde(rename = "AccessorID")]
    pub accessor_id: String,
    pub name: String,
    #[serde(rename = "Type")]
    pub kind: String,
    pub policies: Option<Vec<String>>,
    pub roles: Option<Vec<AclRoleLink>>,
    pub global: bool,
    pub hash: Option<String>,
    pub create_time: Option<String>,
    pub expiration_time: Option<String>,
    pub create_index: u64,
    pub modify_index: u64,
}

impl AclTokenStub {
    /// `roles` are those of the token's that exist; `hash` is over what the token allows.
    #[must_use]
    pub fn new(token: &AclToken, roles: Vec<AclRoleLink>, hash: String) -> Self {
        let policies: Vec<String> = token.policies.iter().map(ToString::to_string).collect();
        Self {
            accessor_id: token.accessor.to_string(),
            name: token.name.to_string(),
            kind: token.kind.as_str().to_owned(),
            policies: (!policies.is_empty()).then_some(policies),
            roles: (!roles.is_empty()).then_some(roles),
            global: token.global,
            hash: Some(hash),
            create_time: Some(rfc3339(token.create_time)),
            expiration_time: token.expiration_time.map(rfc3339),
            create_index: token.create_index.0,
            modify_index: token.modify_index.0,
        }
    }
}
