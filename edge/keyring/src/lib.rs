//! What the cluster encrypts and signs with.
//!
//! A root key ([`muster_model::RootKey`]) is replicated with its private parts as ciphertext under a key-encryption
//! key that stays in a file of each server. This crate makes root keys, opens them, and uses them: frames of
//! ciphertext, and JSON web tokens signed and verified off the commit path. It decides nothing about which key is
//! active or when one is replaced; `muster-state` and `muster-leader` do.

mod claims;
mod error;
mod frame;
mod jwk;
mod jwt;
mod kek;
mod keyring;
mod material;
mod verifier;

pub use claims::{Claims, Expected};
pub use error::{KeyringError, TokenError};
pub use jwk::PublicJwk;
pub use keyring::{Keyring, NewKey};
pub use zeroize::Zeroizing;

#[cfg(test)]
mod tests;
