//! Which versions and cipher suites of TLS are spoken.

use std::sync::{Arc, LazyLock};

use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{self, cipher_suite};
use rustls::{SupportedCipherSuite, SupportedProtocolVersion};
use rustls_pki_types::SignatureVerificationAlgorithm;

use super::PkiError;

/// What an agent speaks: TLS 1.3 alone unless the operator wants 1.2 too. Of 1.2 only suites with forward secrecy and
/// authenticated encryption exist here.
#[derive(Clone, Debug)]
pub struct TlsPolicy {
    versions: &'static [&'static SupportedProtocolVersion],
    provider: Arc<CryptoProvider>,
}

static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| Arc::new(aws_lc_rs::default_provider()));

const ONLY_1_3: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];
const FROM_1_2: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

/// By their IANA names.
const SUITES: [(&str, SupportedCipherSuite); 9] = [
    ("TLS_AES_128_GCM_SHA256", cipher_suite::TLS13_AES_128_GCM_SHA256),
    ("TLS_AES_256_GCM_SHA384", cipher_suite::TLS13_AES_256_GCM_SHA384),
    ("TLS_CHACHA20_POLY1305_SHA256", cipher_suite::TLS13_CHACHA20_POLY1305_SHA256),
    ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    (
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
    ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    (
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        cipher_suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
];

impl TlsPolicy {
    /// `suites` are IANA names in order of preference; of a version that none of them belongs to, all are spoken.
    ///
    /// # Errors
    /// Names a suite that is not known here.
    pub fn new(tls12: bool, suites: &[String]) -> Result<Self, PkiError> {
        let mut chosen = Vec::new();
        for name in suites {
            let known = SUITES.iter().find(|(iana, _)| iana == name);
            chosen.push(known.ok_or_else(|| PkiError::CipherSuite(name.clone()))?.1);
        }
        let versions = if tls12 { FROM_1_2 } else { ONLY_1_3 };
        for version in versions {
            let of_version = |suite: &SupportedCipherSuite| suite.version() == *version;
            if !chosen.iter().any(of_version) {
                chosen.extend(PROVIDER.cipher_suites.iter().copied().filter(of_version));
            }
        }
        chosen.retain(|suite| versions.contains(&suite.version()));
        let provider = CryptoProvider { cipher_suites: chosen, ..CryptoProvider::clone(&PROVIDER) };
        Ok(Self { versions, provider: Arc::new(provider) })
    }

    pub(super) fn versions(&self) -> &'static [&'static SupportedProtocolVersion] {
        self.versions
    }

    pub(super) fn provider(&self) -> Arc<CryptoProvider> {
        Arc::clone(&self.provider)
    }
}

impl Default for TlsPolicy {
    fn default() -> Self {
        Self { versions: ONLY_1_3, provider: provider() }
    }
}

/// For what no policy bears on: the verification of certificates.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::clone(&PROVIDER)
}

pub(super) fn signature_algorithms() -> &'static [&'static dyn SignatureVerificationAlgorithm] {
    PROVIDER.signature_verification_algorithms.all
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn names(policy: &TlsPolicy) -> Vec<&'static str> {
        let name = |suite| SUITES.iter().find(|(_, known)| *known == suite).unwrap().0;
        policy.provider.cipher_suites.iter().copied().map(name).collect()
    }

    #[test]
    fn every_suite_is_known_by_its_name_and_no_other_is() {
        for (name, _) in SUITES {
            let policy = TlsPolicy::new(true, &[name.to_owned()]).unwrap();
            assert!(names(&policy).contains(&name));
        }
        assert!(TlsPolicy::new(true, &["TLS_RSA_WITH_AES_128_CBC_SHA".to_owned()]).is_err());
        let all: Vec<_> = PROVIDER.cipher_suites.iter().map(|suite| suite.suite()).collect();
        assert_eq!(all.len(), SUITES.len());
    }

    #[test]
    fn a_list_limits_its_own_version_only() {
        let one = ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384".to_owned()];
        let both = names(&TlsPolicy::new(true, &one).unwrap());
        assert_eq!(both.iter().filter(|name| name.contains("ECDHE")).count(), 1);
        assert_eq!(both.len(), 4);
        assert_eq!(names(&TlsPolicy::new(false, &one).unwrap()).len(), 3, "1.2 is not spoken at all");
        let newest = ["TLS_AES_256_GCM_SHA384".to_owned()];
        assert_eq!(names(&TlsPolicy::new(false, &newest).unwrap()), newest);
    }
}
