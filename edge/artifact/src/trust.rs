//! Which https servers are believed: the public authorities, those of this machine, and one file of the operator.
//!
//! `SSL_CERT_FILE` and `SSL_CERT_DIR` replace the machine's own store, as they do for other programs.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

#[derive(Clone)]
pub struct Trust {
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
    bundle: Option<Arc<str>>,
}

/// The operator's own authorities cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TrustError(String);

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").field("roots", &self.roots.len()).finish()
    }
}

impl Trust {
    /// Reads the stores once. Unreadable certificates of the machine are logged and skipped.
    ///
    /// # Errors
    /// When the operator's own file cannot be read or holds no certificate.
    pub fn load(ca_file: Option<&Path>) -> Result<Self, TrustError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let native = rustls_native_certs::load_native_certs();
        for error in native.errors {
            tracing::warn!(%error, "part of the machine's trust store cannot be read");
        }
        let replaced =
            std::env::var_os("SSL_CERT_FILE").is_some() || std::env::var_os("SSL_CERT_DIR").is_some();
        let mut bundle = (replaced || ca_file.is_some()).then(String::new);
        if let Some(bundle) = &mut bundle {
            native.certs.iter().for_each(|certificate| push_pem(bundle, certificate));
        }
        let (_, ignored) = roots.add_parsable_certificates(native.certs);
        if ignored > 0 {
            tracing::debug!(ignored, "certificates of the machine's trust store are not understood");
        }
        if let Some(path) = ca_file {
            add_file(&mut roots, bundle.get_or_insert_default(), path)?;
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        Ok(Self { roots: Arc::new(roots), provider, bundle: bundle.map(Arc::from) })
    }

    /// How to speak TLS as a client. `insecure` believes any certificate.
    pub(crate) fn client_config(&self, insecure: bool) -> Result<ClientConfig, String> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        Ok(if insecure {
            let verifier = AnyServer { provider: Arc::clone(&self.provider) };
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
        } else {
            builder.with_root_certificates(Arc::clone(&self.roots)).with_no_client_auth()
        })
    }

    /// What git is to believe, in PEM form, where that differs from the machine's own store.
    pub(crate) fn bundle(&self) -> Option<&str> {
        self.bundle.as_deref()
    }
}

fn add_file(roots: &mut RootCertStore, bundle: &mut String, path: &Path) -> Result<(), TrustError> {
    let bad = |problem: String| TrustError(format!("`{}`: {problem}", path.display()));
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| bad(error.to_string()))?;
    let mut added = 0_usize;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| bad(error.to_string()))?;
        push_pem(bundle, &certificate);
        roots.add(certificate).map_err(|error| bad(error.to_string()))?;
        added += 1;
    }
    if added == 0 {
        return Err(bad("holds no certificate in PEM form".into()));
    }
    Ok(())
}

fn push_pem(bundle: &mut String, certificate: &[u8]) {
    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    bundle.push_str("-----BEGIN CERTIFICATE-----\n");
    for line in text.as_bytes().chunks(64) {
        bundle.push_str(&String::from_utf8_lossy(line));
        bundle.push('\n');
    }
    bundle.push_str("-----END CERTIFICATE-----\n");
}

/// The `insecure` option of one artifact: whoever answers is believed, but must own the certificate it shows.
#[derive(Debug)]
struct AnyServer {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
