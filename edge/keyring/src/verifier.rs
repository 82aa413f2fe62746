//! A public key, parsed once.

use aws_lc_rs::signature::{ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, VerificationAlgorithm};
use muster_model::{RootKey, SigningAlgorithm};

#[derive(Debug)]
pub(crate) struct Verifier {
    algorithm: SigningAlgorithm,
    /// As stored; a row that changed is parsed again.
    public: Vec<u8>,
    parsed: ParsedPublicKey,
}

impl Verifier {
    /// `None` when the stored key is none.
    pub(crate) fn new(key: &RootKey) -> Option<Self> {
        let (algorithm, public): (&'static dyn VerificationAlgorithm, _) = match key.signing {
            SigningAlgorithm::Rs256 => (&RSA_PKCS1_2048_8192_SHA256, &key.rsa_public),
            SigningAlgorithm::EdDsa => (&ED25519, &key.ed25519_public),
        };
        let parsed = ParsedPublicKey::new(algorithm, public).ok()?;
        Some(Self { algorithm: key.signing, public: public.clone(), parsed })
    }

    pub(crate) fn is_of(&self, key: &RootKey) -> bool {
        let public = match key.signing {
            SigningAlgorithm::Rs256 => &key.rsa_public,
            SigningAlgorithm::EdDsa => &key.ed25519_public,
        };
        self.algorithm == key.signing && self.public == *public
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(message, signature).is_ok()
    }
}
