//! A certificate that names something else than the address: it is checked against the name that the user gives.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;

use super::{authorities, certificates, chain, read, tls_file};
use crate::{SdkError, TlsFiles};

/// A configuration that trusts the authorities of `tls`, and expects `name`.
pub(super) fn config(tls: &TlsFiles, name: &str) -> Result<ClientConfig, SdkError> {
    let setup = |reason: String| SdkError::Setup(reason);
    let Some(trusted) = authorities(tls.ca.as_deref(), tls.ca_dir.as_deref())? else {
        return Err(setup(format!("`{name}` as the server's name needs the authority that vouches for it")));
    };
    let mut roots = RootCertStore::empty();
    for certificate in trusted {
        roots.add(certificate).map_err(|error| setup(chain(&error)))?;
    }
    let inner = WebPkiServerVerifier::builder(Arc::new(roots)).build();
    let inner = inner.map_err(|error| setup(chain(&error)))?;
    let expected = ServerName::try_from(name.to_owned())
        .map_err(|_| setup(format!("`{name}` is not the name of a server")))?;
    let config = ClientConfig::builder()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(ByName { inner, expected }));
    let (Some(certificate), Some(key)) = (&tls.certificate, &tls.key) else {
        return Ok(config.with_no_client_auth());
    };
    let own = certificates(certificate)?;
    let private = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| tls_file(key, &error))?;
    config.with_client_auth_cert(own, private).map_err(|error| tls_file(certificate, &error))
}

/// Checks all that is usually checked, with another name.
#[derive(Debug)]
struct ByName {
    inner: Arc<WebPkiServerVerifier>,
    expected: ServerName<'static>,
}

impl ServerCertVerifier for ByName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _name_of_address: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.inner.verify_server_cert(end_entity, intermediates, &self.expected, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, cert, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, cert, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
