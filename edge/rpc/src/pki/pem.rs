//! PEM texts into certificates and keys.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls_pki_types::pem::{Error, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::PkiError;

pub(crate) fn certificates(text: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, PkiError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    match found {
        Ok(found) if found.is_empty() => {
            Err(PkiError::NoPem { what: what.to_owned(), section: "CERTIFICATE" })
        }
        Ok(found) => Ok(found),
        Err(error) => Err(PkiError::BadPem { what: what.to_owned(), reason: error.to_string() }),
    }
}

pub(super) fn first_certificate(text: &[u8], what: &str) -> Result<CertificateDer<'static>, PkiError> {
    let missing = || PkiError::NoPem { what: what.to_owned(), section: "CERTIFICATE" };
    certificates(text, what)?.into_iter().next().ok_or_else(missing)
}

pub(crate) fn private_key(text: &[u8], what: &str) -> Result<PrivateKeyDer<'static>, PkiError> {
    PrivateKeyDer::from_pem_slice(text).map_err(|error| match error {
        Error::NoItemsFound if is_encrypted(text) => PkiError::EncryptedKey { what: what.to_owned() },
        Error::NoItemsFound => PkiError::NoPem { what: what.to_owned(), section: "PRIVATE KEY" },
        error => PkiError::BadPem { what: what.to_owned(), reason: error.to_string() },
    })
}

/// Both ways in which openssl marks it.
fn is_encrypted(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED")
}

pub(super) fn roots(text: &[u8], what: &str) -> Result<Arc<RootCertStore>, PkiError> {
    trust(certificates(text, what)?, what)
}

pub(crate) fn trust(
    certificates: Vec<CertificateDer<'static>>,
    what: &str,
) -> Result<Arc<RootCertStore>, PkiError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(|source| PkiError::Tls { what: what.to_owned(), source })?;
    }
    Ok(Arc::new(roots))
}
