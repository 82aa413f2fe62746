//! Certificate signing requests (PKCS#10): a key stays on the machine that made it, and only its public half travels.

use rcgen::{
    CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, SubjectPublicKeyInfo,
};
use rustls_pki_types::CertificateSigningRequestDer;
use rustls_pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, X509CertificationRequest};
use x509_parser::public_key::PublicKey;

use super::{KeyPem, LeafRole};
use crate::pki::PkiError;

/// What openssl and this program use; less can be broken.
const MIN_RSA_BITS: usize = 2048;
/// Larger ones take a server's time for every handshake.
const MAX_RSA_BITS: usize = 8192;

/// A new key, and the request to have it certified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestPem {
    pub request: String,
    pub key: KeyPem,
}

impl RequestPem {
    /// Makes both on this machine.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn generate(role: LeafRole) -> Result<Self, PkiError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, role.request_name());
        let request = params.serialize_request(&key)?.pem()?;
        Ok(Self { request, key: KeyPem::new(key.serialize_pem()) })
    }
}

/// The key of a request that was signed with it.
pub(super) fn verified_key(request: &str) -> Result<SubjectPublicKeyInfo, PkiError> {
    let refused = |reason: String| PkiError::Request { reason };
    let der = CertificateSigningRequestDer::from_pem_slice(request.as_bytes())
        .map_err(|error| refused(format!("it is not in PEM: {error}")))?;
    let (rest, parsed) =
        X509CertificationRequest::from_der(&der).map_err(|_| refused("it is malformed".to_owned()))?;
    if !rest.is_empty() {
        return Err(refused("something follows its end".to_owned()));
    }
    let key = &parsed.certification_request_info.subject_pki;
    check_strength(key.parsed().ok().as_ref())?;
    parsed.verify_signature().map_err(|_| refused("it is not signed by the key it names".to_owned()))?;
    SubjectPublicKeyInfo::from_der(key.raw)
        .map_err(|_| PkiError::WeakKey { found: "a key of another kind".to_owned() })
}

fn check_strength(key: Option<&PublicKey<'_>>) -> Result<(), PkiError> {
    let found = match key {
        Some(PublicKey::RSA(key)) if (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&key.key_size()) => return Ok(()),
        Some(PublicKey::RSA(key)) => format!("an RSA key of {} bits", key.key_size()),
        // The curve is looked at when the signature is verified: only P-256 and P-384 are known there.
        Some(PublicKey::EC(_)) => return Ok(()),
        // Ed25519; what else hides here is unknown to the verification of the signature.
        Some(PublicKey::Unknown(_)) => return Ok(()),
        _ => "a key of another kind".to_owned(),
    };
    Err(PkiError::WeakKey { found })
}
