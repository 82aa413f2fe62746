//! ACL tokens: who may ask, without what proves it.

use muster_ids::{AccessorId, Index, RoleId, Text, UnixNanos};
use serde::{Deserialize, Serialize};

/// A token as operators see it. Its secret is nowhere in here: servers keep a hash of it beside the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclToken {
    pub accessor: AccessorId,
    pub name: Text,
    pub kind: TokenKind,
    /// Names of ACL policies; one that does not exist grants nothing.
    #[serde(default)]
    pub policies: Vec<Text>,
    /// Roles whose policies it has as well; one that does not exist any more has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<RoleId>,
    /// Known in every region.
    #[serde(default)]
    pub global: bool,
    pub create_time: UnixNanos,
    /// From then on the token is as good as unknown; `None` never expires.
    #[serde(default)]
    pub expiration_time: Option<UnixNanos>,
    #[serde(default)]
    pub create_index: Index,
    #[serde(default)]
    pub modify_index: Index,
}

impl AclToken {
    #[must_use]
    pub fn expired(&self, now: UnixNanos) -> bool {
        self.expiration_time.is_some_and(|end| end <= now)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenKind {
    /// What its policies allow.
    Client,
    /// Everything.
    Management,
}

impl TokenKind {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Management => "management",
        }
    }
}
