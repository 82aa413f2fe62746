//! The side that has no certificate yet.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::messages::Answer;
use super::{ALPN, JoinCode, JoinError, JoinReply, JoinRequest, MAX_BYTES};
use crate::pki::{self, server_name, sha256};
use crate::transport::{FrameReader, encode};
use crate::{PkiError, Role};

/// For TCP, TLS, the log's decision and the answer together.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks the server at `addr` for membership. Nothing is said before the server has proven that the authority of the
/// code vouches for it.
///
/// # Errors
/// When nobody answers, somebody else does, or the server refuses.
pub async fn join(addr: SocketAddr, code: &JoinCode, request: &JoinRequest) -> Result<JoinReply, JoinError> {
    match tokio::time::timeout(PATIENCE, Box::pin(ask(addr, code, request))).await {
        Ok(result) => result,
        Err(_elapsed) => Err(JoinError::Timeout { addr, patience: PATIENCE }),
    }
}

async fn ask(addr: SocketAddr, code: &JoinCode, request: &JoinRequest) -> Result<JoinReply, JoinError> {
    let name = server_name(Role::Server, &code.region)?;
    let config = config(code.authority_sha256)?;
    let tcp = TcpStream::connect(addr).await.map_err(|source| JoinError::Unreachable { addr, source })?;
    let connected = TlsConnector::from(Arc::new(config)).connect(name, tcp).await;
    let mut tls = connected.map_err(|error| refused(addr, code, &error))?;
    if tls.get_ref().1.alpn_protocol() != Some(ALPN) {
        return Err(JoinError::NoDoor { addr });
    }
    let malformed = |reason: String| JoinError::Malformed { addr, reason };
    let frame = encode(request, MAX_BYTES).map_err(|error| malformed(error.to_string()))?;
    let said = async {
        tls.write_all(&frame).await?;
        tls.flush().await
    };
    said.await.map_err(|error| JoinError::Tls { addr, reason: error.to_string() })?;
    let answer: Answer =
        FrameReader::new(MAX_BYTES).message(&mut tls).await.map_err(|error| malformed(error.to_string()))?;
    match answer {
        Answer::Joined(reply) => Ok(*reply),
        Answer::Refused(reason) => Err(JoinError::Refused(reason.to_string())),
    }
}

fn refused(addr: SocketAddr, code: &JoinCode, error: &std::io::Error) -> JoinError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(_)) => {
            JoinError::WrongAuthority { addr, expected: code.fingerprint().to_string() }
        }
        Some(rustls::Error::NoApplicationProtocol) => JoinError::NoDoor { addr },
        // A server without this door asks for a certificate or knows no common protocol.
        Some(rustls::Error::AlertReceived(
            rustls::AlertDescription::NoApplicationProtocol | rustls::AlertDescription::CertificateRequired,
        )) => JoinError::NoDoor { addr },
        _ => JoinError::Tls { addr, reason: error.to_string() },
    }
}

fn config(authority: [u8; 32]) -> Result<ClientConfig, PkiError> {
    let provider = pki::provider();
    let verifier = Pinned { authority, provider: Arc::clone(&provider) };
    let failed = |source| PkiError::Tls { what: "the connection for joining".to_owned(), source };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(failed)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Trusts one authority, known by the hash of its certificate, which the server shows.
#[derive(Debug)]
struct Pinned {
    authority: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let unknown = || rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let authority = intermediates.iter().find(|shown| sha256(shown) == self.authority);
        let authority = authority.ok_or_else(unknown)?.clone().into_owned();
        let roots = pki::trust(vec![authority], "the authority").map_err(|_| unknown())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&self.provider))
            .build()
            .map_err(|_| unknown())?;
        verifier.verify_server_cert(leaf, intermediates, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        // Only TLS 1.3 is spoken here.
        Err(rustls::Error::General("TLS 1.2 is not spoken".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
