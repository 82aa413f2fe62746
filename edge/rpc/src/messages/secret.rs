//! The secret a node proves itself with, beyond its certificate: two agents of one user share a certificate
//! authority, so only this tells their nodes apart.

use std::fmt;

use aws_lc_rs::{aead, constant_time, digest, hkdf, rand};
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
    #[error("a sealed secret cannot be opened with this one")]
    Seal,
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
        sha256(self.0.as_bytes())
    }

    /// Whether this is the secret with that hash; takes the same time whatever the answer.
    #[must_use]
    pub fn matches_sha256(&self, hash: &[u8; 32]) -> bool {
        constant_time::verify_slices_are_equal(&self.sha256(), hash).is_ok()
    }

    /// This secret for whoever holds `key`, and nobody else. `key` must be random and seal nothing a second time: what
    /// encrypts is made of it alone.
    ///
    /// # Errors
    /// When the cipher fails, which it has no reason for.
    pub fn seal(&self, key: &Self) -> Result<Vec<u8>, SecretError> {
        let mut bytes = self.0.as_bytes().to_vec();
        let (cipher, nonce) = key.cipher()?;
        let sealed = cipher.seal_in_place_append_tag(nonce, aead::Aad::empty(), &mut bytes);
        sealed.map(|()| bytes).map_err(|_| SecretError::Seal)
    }

    /// What [`Self::seal`] made with the same key.
    ///
    /// # Errors
    /// When it was made with another one, or changed.
    pub fn open(sealed: &[u8], key: &Self) -> Result<Self, SecretError> {
        let mut bytes = sealed.to_vec();
        let (cipher, nonce) = key.cipher()?;
        let opened = cipher.open_in_place(nonce, aead::Aad::empty(), &mut bytes);
        let opened = opened.map_err(|_| SecretError::Seal)?;
        Self::new(std::str::from_utf8(opened).map_err(|_| SecretError::Seal)?)
    }

    fn cipher(&self) -> Result<(aead::LessSafeKey, aead::Nonce), SecretError> {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"muster sealed secret");
        let drawn = salt.extract(self.0.as_bytes());
        let key = drawn.expand(&[b"aes-256-gcm"], &aead::AES_256_GCM).map_err(|_| SecretError::Seal)?;
        let key = aead::UnboundKey::from(key);
        Ok((aead::LessSafeKey::new(key), aead::Nonce::assume_unique_for_key([0; aead::NONCE_LEN])))
    }

    /// Whether both are the same secret; takes the same time whatever the answer.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.matches_sha256(&other.sha256())
    }
}

/// SHA-256 of what is no secret.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
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
    fn a_sealed_secret_is_opened_by_its_key_alone() {
        let (secret, key) = (Secret::new("hunter2").unwrap(), Secret::generate().unwrap());
        let sealed = secret.seal(&key).unwrap();
        assert!(!sealed.windows(7).any(|part| part == b"hunter2"));
        assert!(Secret::open(&sealed, &key).unwrap().matches(&secret));
        assert!(Secret::open(&sealed, &Secret::generate().unwrap()).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(Secret::open(&changed, &key).is_err(), "byte {at}");
        }
        assert!(Secret::open(&[], &key).is_err());
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
