//! The secret a node proves itself with, beyond its certificate: two agents of one user share a certificate
//! authority, so only this tells their nodes apart.

use std::fmt;

use aws_lc_rs::{constant_time, digest, rand};
use serde::{Deserialize, Deserializer, Serializer};

/// A secret shared by a node and its servers. It has no `Display`, its `Debug` shows nothing, and it can be serialised
/// only as a field of the messages in this crate. Servers keep its [`sha256`](Self::sha256), never the secret.
#[derive(Clone)]
pub struct Secret(Box<str>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error("a secret must have 1 to {max} bytes; this one has {len}", max = Secret::MAX_LEN)]
    Length { len: usize },
    #[error("the system's random number generator failed")]
    Random,
}

impl Secret {
    pub const MAX_LEN: usize = 512;

    /// # Errors
    /// When the text is empty or longer than [`Self::MAX_LEN`].
    pub fn new(text: impl Into<Box<str>>) -> Result<Self, SecretError> {
        let text = text.into();
        match text.len() {
            1..=Self::MAX_LEN => Ok(Self(text)),
            len => Err(SecretError::Length { len }),
        }
    }

    /// A fresh secret of 256 random bits.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn generate() -> Result<Self, SecretError> {
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes).map_err(|_| SecretError::Random)?;
        Ok(Self(crate::pki::hex(&bytes).into()))
    }

    /// Random bytes for a key that is no text.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn generate_bytes<const N: usize>() -> Result<[u8; N], SecretError> {
        let mut bytes = [0_u8; N];
        rand::fill(&mut bytes).map_err(|_| SecretError::Random)?;
        Ok(bytes)
    }

    /// The text itself, for the one file it is kept in.
    #[must_use]
    pub const fn expose(&self) -> &str {
        &self.0
    }

    /// What servers store and compare.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, self.0.as_bytes()).as_ref());
        hash
    }

    /// Whether this is the secret with that hash; takes the same time whatever the answer.
    #[must_use]
    pub fn matches_sha256(&self, hash: &[u8; 32]) -> bool {
        constant_time::verify_slices_are_equal(&self.sha256(), hash).is_ok()
    }

    /// Whether both are the same secret; takes the same time whatever the answer.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.matches_sha256(&other.sha256())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Used as `#[serde(with = "super::secret::wire")]`: keeps `Secret` itself without `Serialize`.
pub(crate) mod wire {
    use serde::de::Error;

    use super::{Deserialize, Deserializer, Secret, Serializer};

    pub fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        Secret::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_secret_never_shows_itself() {
        let secret = Secret::new("hunter2").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        let error = Secret::new("x".repeat(Secret::MAX_LEN + 1)).unwrap_err().to_string();
        assert!(!error.contains("xx"), "{error}");
        assert!(Secret::new("").is_err());
    }

    #[test]
    fn secrets_compare_by_value_and_by_hash() {
        let (one, same, other) =
            (Secret::generate().unwrap(), Secret::new("a").unwrap(), Secret::new("a").unwrap());
        assert!(same.matches(&other) && !one.matches(&same));
        assert!(one.matches_sha256(&one.sha256()) && !one.matches_sha256(&same.sha256()));
        assert!(!Secret::generate().unwrap().matches(&one));
    }
}
