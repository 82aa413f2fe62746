//! One-time tokens: a way for a browser to come by the token of a command line, once.

use muster_ids::{AccessorId, Index, UnixNanos};
use serde::{Deserialize, Serialize};

use crate::Payload;

/// Stands for an ACL token until it is exchanged or over. Servers keep hashes of secrets only, so that what is exchanged
/// comes along, sealed with a key that nobody but the holder of the one-time secret can make.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimeToken {
    /// The token that it stands for; each has at most one.
    pub accessor: AccessorId,
    /// SHA-256 of the one-time secret.
    pub secret_hash: [u8; 32],
    /// The secret of the token.
    pub sealed: Payload,
    pub expires_at: UnixNanos,
    #[serde(default)]
    pub create_index: Index,
    #[serde(default)]
    pub modify_index: Index,
}

/// Without anything that could be tried out.
impl std::fmt::Debug for OneTimeToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneTimeToken")
            .field("accessor", &self.accessor)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl OneTimeToken {
    #[must_use]
    pub fn expired(&self, now: UnixNanos) -> bool {
        self.expires_at <= now
    }
}
