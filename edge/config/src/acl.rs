//! `acl {}`

block! {
    AclInput {
        enabled: bool,
    }
    no_effect {
        "token_ttl" "policy_ttl" "role_ttl" "replication_token" "token_min_expiration_ttl" "token_max_expiration_ttl"
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AclConfig {
    pub enabled: bool,
}

impl AclInput {
    pub(crate) fn decide(&self) -> AclConfig {
        AclConfig { enabled: self.enabled.unwrap_or(false) }
    }
}
