//! This server's hold on the root keys: opens each once, and uses it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use muster_ids::{Index, RootKeyId, UnixNanos};
use muster_model::{RootKey, RootKeyState, SigningAlgorithm};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::claims::{Claims, Expected};
use crate::kek::Kek;
use crate::material::Material;
use crate::verifier::Verifier;
use crate::{KeyringError, TokenError, frame, jwt};

/// Keys that are held open; when there are more, all are opened anew.
const MAX_OPEN: usize = 64;
/// How far the clocks of two servers may be apart before a new token is not valid yet.
const SKEW_SECONDS: i64 = 30;

#[derive(Debug)]
pub struct Keyring {
    kek: Kek,
    open: Mutex<BTreeMap<RootKeyId, Arc<Material>>>,
    verifiers: Mutex<BTreeMap<RootKeyId, Arc<Verifier>>>,
}

/// What is to be known of a key before it is made.
#[derive(Clone, Copy, Debug)]
pub struct NewKey {
    pub id: RootKeyId,
    pub signing: SigningAlgorithm,
    pub create_time: UnixNanos,
    /// When it becomes active; at once when `None`.
    pub publish_time: Option<UnixNanos>,
}

impl Keyring {
    /// With the key-encryption key of this directory, which is made when there is none; in memory without one.
    ///
    /// # Errors
    /// When the file cannot be read or written, is damaged, or is not private.
    pub fn open(dir: Option<&Path>) -> Result<Self, KeyringError> {
        Ok(Self { kek: Kek::open(dir)?, open: Mutex::default(), verifiers: Mutex::default() })
    }

    /// Makes a root key. Slow: not for a thread that serves others.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn generate(&self, new: NewKey) -> Result<RootKey, KeyringError> {
        let (material, stored) = Material::generate(new.id, new.signing, &self.kek)?;
        self.hold(new.id, material);
        Ok(RootKey {
            id: new.id,
            state: match new.publish_time {
                Some(_) => RootKeyState::Prepublished,
                None => RootKeyState::Active,
            },
            signing: new.signing,
            rsa_public: stored.rsa_public,
            ed25519_public: stored.ed25519_public,
            wrapped: vec![stored.wrapped],
            create_time: new.create_time,
            publish_time: new.publish_time,
            retired_time: None,
            create_index: Index::ZERO,
            modify_index: Index::ZERO,
        })
    }

    /// Whether this server can use the key.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, key: &RootKey) -> Result<(), KeyringError> {
        self.material(key).map(|_| ())
    }

    /// The claims as a token signed with the key.
    ///
    /// # Errors
    /// When the key cannot be opened.
    pub fn sign(&self, key: &RootKey, claims: &impl Serialize) -> Result<String, KeyringError> {
        let material = self.material(key)?;
        let message = jwt::message(key.id, key.signing, claims);
        let message = message.map_err(|error| KeyringError::Claims(error.to_string()))?;
        let signature = material.sign(key.signing, message.as_bytes())?;
        Ok(jwt::with_signature(message, &signature))
    }

    /// The claims of a token that this cluster signed, is meant for this use, and is valid now.
    ///
    /// # Errors
    /// Why it is not believed.
    pub fn verify<T: DeserializeOwned>(
        &self,
        token: &str,
        find: impl Fn(RootKeyId) -> Option<Arc<RootKey>>,
        expected: &Expected<'_>,
    ) -> Result<Claims<T>, TokenError> {
        let parts = jwt::Parts::parse(token)?;
        let key = find(parts.key).ok_or(TokenError::UnknownKey)?;
        // The algorithm is the key's. What the token says may only agree.
        if parts.algorithm != key.signing.as_str() {
            return Err(TokenError::Algorithm);
        }
        let verifier = self.verifier(&key).ok_or(TokenError::UnknownKey)?;
        if !verifier.verifies(parts.message.as_bytes(), &parts.signature) {
            return Err(TokenError::Signature);
        }
        let claims: Claims<T> = parts.claims()?;
        let now = expected.now.0.div_euclid(1_000_000_000);
        if claims.aud != expected.audience {
            return Err(TokenError::Audience);
        }
        if claims.iss.as_deref() != expected.issuer {
            return Err(TokenError::Issuer);
        }
        if claims.exp <= now {
            return Err(TokenError::Expired);
        }
        if claims.nbf.max(claims.iat) > now.saturating_add(SKEW_SECONDS) {
            return Err(TokenError::NotYet);
        }
        Ok(claims)
    }

    /// Ciphertext that only the same `aad` opens again.
    ///
    /// # Errors
    /// When the key cannot be opened.
    pub fn encrypt(&self, key: &RootKey, plain: &[u8], aad: &[u8]) -> Result<Vec<u8>, KeyringError> {
        frame::seal(key.id, &*self.material(key)?, plain, aad)
    }

    /// # Errors
    /// When it is no ciphertext of a known key, or was changed, or is bound to another `aad`.
    pub fn decrypt(
        &self,
        text: &[u8],
        aad: &[u8],
        find: impl Fn(RootKeyId) -> Option<Arc<RootKey>>,
    ) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
        let id = frame::key_of(text)?;
        let key = find(id).ok_or(KeyringError::UnknownKey(id))?;
        frame::open(id, &*self.material(&key)?, text, aad)
    }

    /// Forgets what was opened of keys that are gone.
    pub fn retain(&self, is_known: impl Fn(RootKeyId) -> bool) {
        lock(&self.open).retain(|id, _| is_known(*id));
        lock(&self.verifiers).retain(|id, _| is_known(*id));
    }

    fn material(&self, key: &RootKey) -> Result<Arc<Material>, KeyringError> {
        if let Some(open) = lock(&self.open).get(&key.id) {
            return Ok(Arc::clone(open));
        }
        let material = Material::open(key, &self.kek)?;
        Ok(self.hold(key.id, material))
    }

    fn hold(&self, id: RootKeyId, material: Material) -> Arc<Material> {
        let mut open = lock(&self.open);
        if open.len() >= MAX_OPEN {
            open.clear();
        }
        let material = Arc::new(material);
        open.insert(id, Arc::clone(&material));
        material
    }

    fn verifier(&self, key: &RootKey) -> Option<Arc<Verifier>> {
        if let Some(known) = lock(&self.verifiers).get(&key.id).filter(|known| known.is_of(key)) {
            return Some(Arc::clone(known));
        }
        let fresh = Arc::new(Verifier::new(key)?);
        let mut verifiers = lock(&self.verifiers);
        if verifiers.len() >= MAX_OPEN {
            verifiers.clear();
        }
        verifiers.insert(key.id, Arc::clone(&fresh));
        Some(fresh)
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
