//! The private parts of a root key: made here, wrapped, and opened again.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, RandomizedNonceKey};
use aws_lc_rs::encoding::{AsBigEndian, AsDer, Curve25519SeedBin, Pkcs8V1Der};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use muster_ids::RootKeyId;
use muster_model::{RootKey, SigningAlgorithm, WrappedKey};
use zeroize::Zeroizing;

use crate::KeyringError;
use crate::kek::Kek;

/// Bytes of the AES key and of the Ed25519 seed, which come first; the RSA key in PKCS#8 is the rest.
const AES: usize = 32;
const SEED: usize = 32;

/// An opened root key. The library wipes its keys when they are dropped.
pub(crate) struct Material {
    pub(crate) cipher: RandomizedNonceKey,
    ed25519: Ed25519KeyPair,
    rsa: RsaKeyPair,
}

impl fmt::Debug for Material {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Material(…)")
    }
}

/// What is stored of a new key.
pub(crate) struct Stored {
    pub(crate) rsa_public: Vec<u8>,
    pub(crate) ed25519_public: Vec<u8>,
    pub(crate) wrapped: WrappedKey,
}

impl Material {
    /// A fresh one. Takes a while: finding primes is slow.
    pub(crate) fn generate(
        id: RootKeyId,
        signing: SigningAlgorithm,
        kek: &Kek,
    ) -> Result<(Self, Stored), KeyringError> {
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048)?;
        let ed25519 = Ed25519KeyPair::generate()?;
        let pkcs8: Pkcs8V1Der<'static> = rsa.as_der()?;
        let mut secret = Zeroizing::new(Vec::with_capacity(AES + SEED + pkcs8.as_ref().len()));
        let mut aes = Zeroizing::new([0; AES]);
        rand::fill(&mut *aes)?;
        secret.extend_from_slice(&*aes);
        let seed: Curve25519SeedBin<'static> = ed25519.seed()?.as_be_bytes()?;
        secret.extend_from_slice(seed.as_ref());
        secret.extend_from_slice(pkcs8.as_ref());
        let rsa_public = rsa.public_key().as_ref().to_vec();
        let ed25519_public = ed25519.public_key().as_ref().to_vec();
        let bound = bound(id, signing, &kek.id, &rsa_public, &ed25519_public);
        let wrapped = kek.wrap(&bound, &secret)?;
        let cipher = RandomizedNonceKey::new(&AES_256_GCM, &*aes)?;
        Ok((Self { cipher, ed25519, rsa }, Stored { rsa_public, ed25519_public, wrapped }))
    }

    /// Opens a stored key.
    pub(crate) fn open(key: &RootKey, kek: &Kek) -> Result<Self, KeyringError> {
        let Some(wrapped) = key.wrapped.iter().find(|wrapped| *wrapped.kek == *kek.id) else {
            return Err(KeyringError::OtherKek { id: key.id, kek: kek.id.clone() });
        };
        let damaged = || KeyringError::Undecryptable { id: key.id };
        let bound = bound(key.id, key.signing, &kek.id, &key.rsa_public, &key.ed25519_public);
        let secret = kek.unwrap(&bound, wrapped).ok_or_else(damaged)?;
        let (aes, rest) = secret.split_at_checked(AES).ok_or_else(damaged)?;
        let (seed, pkcs8) = rest.split_at_checked(SEED).ok_or_else(damaged)?;
        let opened = Self {
            cipher: RandomizedNonceKey::new(&AES_256_GCM, aes)?,
            ed25519: Ed25519KeyPair::from_seed_and_public_key(seed, &key.ed25519_public)
                .map_err(|_| damaged())?,
            rsa: RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| damaged())?,
        };
        Ok(opened)
    }

    pub(crate) fn sign(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Vec<u8>, KeyringError> {
        match algorithm {
            SigningAlgorithm::EdDsa => Ok(self.ed25519.try_sign(message)?.as_ref().to_vec()),
            SigningAlgorithm::Rs256 => {
                let mut signature = vec![0; self.rsa.public_modulus_len()];
                self.rsa.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
                Ok(signature)
            }
        }
    }
}

/// What the ciphertext is bound to: nobody who can write rows passes one key's private parts, another algorithm or
/// public keys of their own for it.
fn bound(id: RootKeyId, signing: SigningAlgorithm, kek: &str, rsa: &[u8], ed25519: &[u8]) -> Vec<u8> {
    let mut bound = format!("muster root key v1\0{id}\0{}\0{kek}\0", signing.as_str()).into_bytes();
    for part in [rsa, ed25519] {
        bound.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bound.extend_from_slice(part);
    }
    bound
}
