//! Join tokens: what lets a machine without a certificate ask for one, once.

use muster_ids::{AccessorId, Index, JoinTokenId, NodePool, Text, UnixNanos};
use serde::{Deserialize, Serialize};

/// A join token as operators see it. Its secret is nowhere in here: servers keep a hash of it beside the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinToken {
    pub id: JoinTokenId,
    pub role: JoinRole,
    /// The pool that the node will be of; of servers it means nothing.
    pub node_pool: NodePool,
    /// The only name that may join with it; `None` lets any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_name: Option<Text>,
    /// The ACL token that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<AccessorId>,
    pub create_time: UnixNanos,
    pub expiration_time: UnixNanos,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<JoinUse>,
    #[serde(default)]
    pub create_index: Index,
    #[serde(default)]
    pub modify_index: Index,
}

/// What will join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JoinRole {
    Client,
    Server,
}

/// Who joined with a token, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinUse {
    pub time: UnixNanos,
    pub name: Text,
    /// Where it came from.
    pub address: Text,
}

impl JoinRole {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

impl JoinToken {
    #[must_use]
    pub fn expired(&self, now: UnixNanos) -> bool {
        self.expiration_time <= now
    }
}
