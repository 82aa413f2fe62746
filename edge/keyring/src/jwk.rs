//! The public key that verifies what a root key signs, as RFC 7517 writes it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use muster_model::{RootKey, SigningAlgorithm};

/// Only the key of the root key's own algorithm: a verifier that chooses by id can choose no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicJwk {
    /// Modulus and exponent, encoded.
    Rsa { n: String, e: String },
    /// The point, encoded.
    Ed25519 { x: String },
}

impl PublicJwk {
    /// `None` when the stored key is none.
    #[must_use]
    pub fn of(key: &RootKey) -> Option<Self> {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match key.signing {
            SigningAlgorithm::EdDsa => Some(Self::Ed25519 { x: encode(&key.ed25519_public) }),
            SigningAlgorithm::Rs256 => {
                let (n, e) = rsa_integers(&key.rsa_public)?;
                Some(Self::Rsa { n: encode(n), e: encode(e) })
            }
        }
    }
}

/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }`, both without leading zeros.
fn rsa_integers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, rest) = element(der, 0x30)?;
    let (n, more) = element(sequence, 0x02)?;
    let (e, end) = element(more, 0x02)?;
    (rest.is_empty() && end.is_empty()).then(|| (unsigned(n), unsigned(e)))
}

fn unsigned(mut integer: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = integer {
        integer = rest;
    }
    integer
}

/// The contents of the first element, which must have this tag, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match *length {
        short @ 0..=0x7f => (usize::from(short), rest),
        long @ 0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let found = rest.split_at_checked(length)?;
    (*first == tag).then_some(found)
}
