//! A certificate, its key and the CA it trusts, checked and ready for TLS.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest;
use muster_ids::Region;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::{CertificateFault, Claims, PkiError, check, pem, private_file, tls};
use crate::Role;

/// Who this agent is. Cheap to clone; never changes, see [`IdentityStore`](super::IdentityStore).
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    claims: Claims,
    certificate_sha256: [u8; 32],
}

/// The texts that error messages name the parts by.
pub(super) struct Names {
    pub(super) ca: String,
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Names {
    /// For what was never a file.
    pub(super) fn issued() -> Self {
        Self { ca: "the CA".into(), certificate: "the certificate".into(), key: "the private key".into() }
    }
}

impl Identity {
    /// Loads what the `tls` block names.
    ///
    /// # Errors
    /// When a file is missing or not what it should be, the key is open to other users or belongs to another
    /// certificate, or the certificate is expired, not signed by the CA, or names no role.
    pub fn from_pem_files(ca: &Path, certificate: &Path, key: &Path) -> Result<Self, PkiError> {
        let names = Names { ca: quoted(ca), certificate: quoted(certificate), key: quoted(key) };
        let ca = private_file::read_public("CA file", ca)?;
        let certificate = private_file::read_public("certificate file", certificate)?;
        let key = private_file::read_key(key)?;
        Self::from_named_pem(&ca, &certificate, &key, &names, SystemTime::now())
    }

    /// The same from PEM texts in memory.
    ///
    /// # Errors
    /// As [`Self::from_pem_files`], but for the files.
    pub fn from_pem(ca: &[u8], certificate: &[u8], key: &[u8]) -> Result<Self, PkiError> {
        Self::from_named_pem(ca, certificate, key, &Names::issued(), SystemTime::now())
    }

    fn from_named_pem(
        ca: &[u8],
        certificate: &[u8],
        key: &[u8],
        names: &Names,
        now: SystemTime,
    ) -> Result<Self, PkiError> {
        let roots = pem::roots(ca, &names.ca)?;
        let chain = pem::certificates(certificate, &names.certificate)?;
        let key = pem::private_key(key, &names.key)?;
        let identity = Self::new(&roots, chain.clone(), key, names)?;
        check::chain(&roots, &chain, &identity.0.claims, &names.certificate, now)?;
        Ok(identity)
    }

    /// Builds the configurations; does not ask whether the certificate is valid now.
    pub(super) fn new(
        roots: &Arc<RootCertStore>,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        names: &Names,
    ) -> Result<Self, PkiError> {
        let fault = |fault| PkiError::Certificate { what: names.certificate.clone(), fault };
        let leaf = chain.first().ok_or_else(|| fault(CertificateFault::Malformed))?;
        let claims = Claims::read(leaf).map_err(fault)?;
        let certificate_sha256 = sha256(leaf);
        let verifier = tls::client_verifier(roots, &names.ca)?;
        let refused = |source| refused(source, names);
        let server = tls::server_config(verifier, chain.clone(), key.clone_key()).map_err(refused)?;
        let client = tls::client_config(roots, chain, key).map_err(refused)?;
        let inner = Inner { server: Arc::new(server), client: Arc::new(client), claims, certificate_sha256 };
        Ok(Self(Arc::new(inner)))
    }

    #[must_use]
    pub fn role(&self) -> Role {
        self.0.claims.role
    }

    #[must_use]
    pub fn region(&self) -> &Region {
        &self.0.claims.region
    }

    #[must_use]
    pub fn not_after(&self) -> SystemTime {
        self.0.claims.not_after
    }

    /// When to replace it: after two thirds of its life.
    #[must_use]
    pub fn renew_at(&self) -> SystemTime {
        let claims = &self.0.claims;
        let life = claims.not_after.duration_since(claims.not_before).unwrap_or(Duration::ZERO);
        claims.not_before + life / 3 * 2
    }

    #[must_use]
    pub fn certificate_sha256(&self) -> [u8; 32] {
        self.0.certificate_sha256
    }

    pub(crate) fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.server)
    }

    pub(crate) fn client_config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0.client)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("role", &self.role())
            .field("region", self.region())
            .field("not_after", &self.not_after())
            .finish_non_exhaustive()
    }
}

fn quoted(path: &Path) -> String {
    format!("`{}`", path.display())
}

fn refused(error: rustls::Error, names: &Names) -> PkiError {
    match error {
        rustls::Error::InconsistentKeys(_) => {
            PkiError::WrongKey { what: format!("{} (key: {})", names.certificate, names.key) }
        }
        source => PkiError::Tls { what: names.key.clone(), source },
    }
}

pub(crate) fn sha256(certificate: &CertificateDer<'_>) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, certificate).as_ref());
    hash
}
