//! What the listener of the API shows and asks for.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls_pki_types::CertificateDer;

use super::{CertificateFault, PemFiles, PkiError, Revocations, TlsPolicy, claims, pem, tls};

const PROTOCOLS: &[&[u8]] = &[b"h2", b"http/1.1"];

/// A certificate for the API and how it is shown. Built from the same files as the agents' identity; never changes.
#[derive(Clone)]
pub struct HttpsConfig(Arc<ServerConfig>);

impl HttpsConfig {
    /// `verify_callers`: whether whoever calls must show a certificate of the same authority.
    ///
    /// # Errors
    /// When a file is not what it should be, the key belongs to another certificate, or that is not valid now.
    pub fn new(
        files: &PemFiles,
        policy: &TlsPolicy,
        verify_callers: bool,
        revocations: &Revocations,
    ) -> Result<Self, PkiError> {
        let names = &files.names;
        let roots = pem::roots(&files.ca, &names.ca)?;
        let chain = pem::certificates(&files.certificate, &names.certificate)?;
        if let Some(leaf) = chain.first() {
            let fault = |fault| PkiError::Certificate { what: names.certificate.clone(), fault };
            check_dates(leaf, SystemTime::now()).map_err(fault)?;
        }
        let key = pem::private_key(&files.key, &names.key)?;
        let verifier = tls::caller_verifier(verify_callers.then_some(&roots), revocations, &names.ca)?;
        let config = tls::server_config(policy, verifier, chain, key, PROTOCOLS);
        Ok(Self(Arc::new(config.map_err(|error| names.refused(error))?)))
    }
}

impl fmt::Debug for HttpsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpsConfig(…)")
    }
}

/// The configuration in use, which a reload replaces while connections are open. A replacement shows on the next
/// handshake. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HttpsStore {
    current: Arc<ArcSwap<HttpsConfig>>,
    revocations: Revocations,
}

impl HttpsStore {
    /// `revocations` as `config` was made with.
    #[must_use]
    pub fn new(config: HttpsConfig, revocations: Revocations) -> Self {
        Self { current: Arc::new(ArcSwap::from_pointee(config)), revocations }
    }

    #[must_use]
    pub fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.load().0)
    }

    pub fn replace(&self, config: HttpsConfig) {
        self.current.store(Arc::new(config));
    }

    /// Resolves with the reason when the certificate that a caller has shown is revoked.
    pub async fn revoked(&self, certificate: &CertificateDer<'_>) -> String {
        self.revocations.revoked(certificate).await
    }
}

fn check_dates(certificate: &CertificateDer<'_>, now: SystemTime) -> Result<(), CertificateFault> {
    let (not_before, not_after) = claims::validity(certificate)?;
    if not_after <= now {
        return Err(CertificateFault::Expired { since: claims::format_system_time(not_after) });
    }
    if now < not_before { Err(CertificateFault::NotValidYet) } else { Ok(()) }
}
