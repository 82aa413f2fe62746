//! TLS configurations: certificates on both sides, nothing resumed, one crypto provider.

use std::sync::Arc;

use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, NoServerSessionStorage, VerifierBuilderError, WebPkiClientVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::policy::{self, TlsPolicy};
use super::verify::{ByRole, NotRevoked};
use super::{PkiError, Revocations, TlsOptions};

/// The protocol spoken inside TLS. Another number is another protocol; versions within it are agreed on in the hello.
pub(crate) const ALPN: &[u8] = b"muster/1";

pub(super) fn client_verifier(
    roots: &Arc<RootCertStore>,
    what: &str,
) -> Result<Arc<dyn ClientCertVerifier>, PkiError> {
    WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), policy::provider())
        .build()
        .map_err(|error| unusable(what, &error))
}

/// For the API: whoever calls shows a certificate of the authority, or need not show any.
pub(super) fn caller_verifier(
    roots: Option<&Arc<RootCertStore>>,
    revocations: &Revocations,
    what: &str,
) -> Result<Arc<dyn ClientCertVerifier>, PkiError> {
    let Some(roots) = roots else { return Ok(Arc::new(NoClientAuth)) };
    Ok(Arc::new(NotRevoked { inner: client_verifier(roots, what)?, revocations: revocations.clone() }))
}

fn unusable(what: &str, error: &VerifierBuilderError) -> PkiError {
    PkiError::Tls { what: what.to_owned(), source: rustls::Error::General(error.to_string()) }
}

/// Nothing is resumed: a resumed session skips the verification of certificates.
pub(super) fn server_config(
    policy: &TlsPolicy,
    verifier: Arc<dyn ClientCertVerifier>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    protocols: &[&[u8]],
) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(policy.provider())
        .with_protocol_versions(policy.versions())?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?;
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.require_ems = true;
    Ok(config)
}

pub(super) fn client_config(
    options: &TlsOptions,
    roots: &Arc<RootCertStore>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ClientConfig, rustls::Error> {
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::clone(roots), policy::provider()).build();
    let inner = inner.map_err(|error| rustls::Error::General(error.to_string()))?;
    let verifier = ByRole { inner, names: options.names.clone() };
    let mut config = ClientConfig::builder_with_provider(options.policy.provider())
        .with_protocol_versions(options.policy.versions())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_auth_cert(chain, key)?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    config.require_ems = true;
    Ok(config)
}
