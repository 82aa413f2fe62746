//! A certificate, its key and the CA it trusts, checked and ready for TLS.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest;
use muster_ids::Region;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::{CertificateFault, Claims, PemFiles, PkiError, RoleNames, TlsPolicy, check, pem, tls};
use crate::Role;

/// Who this agent is. Cheap to clone; never changes, see [`IdentityStore`](super::IdentityStore).
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    claims: Claims,
    certificate_sha256: [u8; 32],
    names: RoleNames,
}

/// How TLS is spoken, and by which names a certificate proves a role.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    pub policy: TlsPolicy,
    pub names: RoleNames,
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

    pub(super) fn refused(&self, error: rustls::Error) -> PkiError {
        match error {
            rustls::Error::InconsistentKeys(_) => {
                PkiError::WrongKey { what: format!("{} (key: {})", self.certificate, self.key) }
            }
            source => PkiError::Tls { what: self.key.clone(), source },
        }
    }
}

impl Identity {
    /// Loads what the `tls` block names.
    ///
    /// # Errors
    /// When a file is missing or not what it should be, the key is open to other users or belongs to another
    /// certificate, or the certificate is expired, not signed by the CA, or names no role.
    pub fn from_pem_files(ca: &Path, certificate: &Path, key: &Path) -> Result<Self, PkiError> {
        Self::from_files(&PemFiles::read(ca, certificate, key)?, &TlsOptions::default())
    }

    /// The same from PEM texts in memory.
    ///
    /// # Errors
    /// As [`Self::from_pem_files`], but for the files.
    pub fn from_pem(ca: &[u8], certificate: &[u8], key: &[u8]) -> Result<Self, PkiError> {
        Self::from_files(&PemFiles::in_memory(ca, certificate, key), &TlsOptions::default())
    }

    /// The same from files that were read, spoken as `options` say.
    ///
    /// # Errors
    /// As [`Self::from_pem_files`], but for reading.
    pub fn from_files(files: &PemFiles, options: &TlsOptions) -> Result<Self, PkiError> {
        let names = &files.names;
        let roots = pem::roots(&files.ca, &names.ca)?;
        let chain = pem::certificates(&files.certificate, &names.certificate)?;
        let key = pem::private_key(&files.key, &names.key)?;
        let identity = Self::new(&roots, chain.clone(), key, names, options)?;
        check::chain(&roots, &chain, &identity.0.claims, &names.certificate, SystemTime::now())?;
        Ok(identity)
    }

    /// Builds the configurations; does not ask whether the certificate is valid now.
    pub(super) fn new(
        roots: &Arc<RootCertStore>,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        names: &Names,
        options: &TlsOptions,
    ) -> Result<Self, PkiError> {
        let fault = |fault| PkiError::Certificate { what: names.certificate.clone(), fault };
        let leaf = chain.first().ok_or_else(|| fault(CertificateFault::Malformed))?;
        let claims = Claims::read(leaf, &options.names).map_err(fault)?;
        let certificate_sha256 = sha256(leaf);
        let verifier = tls::client_verifier(roots, &names.ca)?;
        let refused = |source| names.refused(source);
        let server =
            tls::server_config(&options.policy, verifier, chain.clone(), key.clone_key(), &[tls::ALPN])
                .map_err(refused)?;
        let client = tls::client_config(options, roots, chain, key).map_err(refused)?;
        let (server, client) = (Arc::new(server), Arc::new(client));
        let inner = Inner { server, client, claims, certificate_sha256, names: options.names.clone() };
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

    /// By which names its peers prove their roles.
    pub(crate) fn role_names(&self) -> &RoleNames {
        &self.0.names
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

pub(crate) fn sha256(certificate: &CertificateDer<'_>) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, certificate).as_ref());
    hash
}
