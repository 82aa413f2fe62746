//! Ciphertext that says which key reads it.
//!
//! ```text
//!   1 byte    16 bytes       12 bytes   rest
//!   version   root key's id  nonce      ciphertext and tag
//! ```

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce};
use muster_ids::RootKeyId;
use zeroize::Zeroizing;

use crate::KeyringError;
use crate::material::Material;

const VERSION: u8 = 1;
const HEADER: usize = 1 + 16 + NONCE_LEN;

pub(crate) fn seal(
    id: RootKeyId,
    material: &Material,
    plain: &[u8],
    aad: &[u8],
) -> Result<Vec<u8>, KeyringError> {
    let mut text = Vec::with_capacity(plain.len() + AES_256_GCM.tag_len());
    text.extend_from_slice(plain);
    let nonce = material.cipher.seal_in_place_append_tag(Aad::from(bound(id, aad)), &mut text)?;
    let mut frame = Vec::with_capacity(HEADER + text.len());
    frame.push(VERSION);
    frame.extend_from_slice(id.as_bytes());
    frame.extend_from_slice(nonce.as_ref());
    frame.extend_from_slice(&text);
    Ok(frame)
}

/// Which key reads the frame.
pub(crate) fn key_of(frame: &[u8]) -> Result<RootKeyId, KeyringError> {
    let (header, _) = frame.split_at_checked(HEADER).ok_or(KeyringError::NoFrame)?;
    let id = header.get(1..17).and_then(|id| <[u8; 16]>::try_from(id).ok());
    match (header.first(), id) {
        (Some(&VERSION), Some(id)) => Ok(RootKeyId::from_bytes(id)),
        _ => Err(KeyringError::NoFrame),
    }
}

pub(crate) fn open(
    id: RootKeyId,
    material: &Material,
    frame: &[u8],
    aad: &[u8],
) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    let (header, text) = frame.split_at_checked(HEADER).ok_or(KeyringError::NoFrame)?;
    let nonce = header.get(17..).unwrap_or_default();
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| KeyringError::NoFrame)?;
    let mut text = Zeroizing::new(text.to_vec());
    let aad = Aad::from(bound(id, aad));
    let length = material.cipher.open_in_place(nonce, aad, &mut text);
    let length = length.map_err(|_| KeyringError::Tampered)?.len();
    text.truncate(length);
    Ok(text)
}

/// The frame's own header is part of what is authenticated.
fn bound(id: RootKeyId, aad: &[u8]) -> Vec<u8> {
    let mut bound = Vec::with_capacity(17 + aad.len());
    bound.push(VERSION);
    bound.extend_from_slice(id.as_bytes());
    bound.extend_from_slice(aad);
    bound
}
