//! Root keys: what the cluster encrypts and signs with, as replicas and operators know it.
//!
//! Nothing in here is a secret: private parts are ciphertext under a key-encryption key that no log entry ever holds.

use muster_ids::{Index, RootKeyId, Text, UnixNanos};
use serde::{Deserialize, Serialize};

/// A root key as it is replicated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootKey {
    pub id: RootKeyId,
    pub state: RootKeyState,
    /// The one algorithm that tokens of this key are signed and verified with, whatever a token says of itself.
    pub signing: SigningAlgorithm,
    /// DER of the PKCS#1 public key.
    pub rsa_public: Vec<u8>,
    pub ed25519_public: Vec<u8>,
    /// The private parts, once under each key-encryption key.
    pub wrapped: Vec<WrappedKey>,
    pub create_time: UnixNanos,
    /// When a prepublished key becomes active; kept afterwards. `None` for one that was active from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish_time: Option<UnixNanos>,
    /// Since when it is not active any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_time: Option<UnixNanos>,
    #[serde(default)]
    pub create_index: Index,
    #[serde(default)]
    pub modify_index: Index,
}

/// The private parts under one key-encryption key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrappedKey {
    /// Names the key-encryption key.
    pub kek: Text,
    pub nonce: [u8; 12],
    pub ciphertext: Vec<u8>,
}

/// ```text
///   prepublished -> active -> inactive
///                      \-> rekeying -> inactive
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RootKeyState {
    /// Signs and encrypts; there is exactly one.
    Active,
    /// Verifies and decrypts only.
    Inactive,
    /// As inactive, while what it encrypted is encrypted anew.
    Rekeying,
    /// Public already, so that verifiers know it by the time it signs.
    Prepublished,
}

impl RootKeyState {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Rekeying => "rekeying",
            Self::Prepublished => "prepublished",
        }
    }
}

/// How a key signs, by the names of JSON web tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    #[default]
    Rs256,
    EdDsa,
}

impl SigningAlgorithm {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Reads it in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Rs256, Self::EdDsa].into_iter().find(|one| one.as_str().eq_ignore_ascii_case(text))
    }
}
