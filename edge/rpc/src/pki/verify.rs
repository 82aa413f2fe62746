//! Verification that goes beyond the chain: names that the operator lets stand for a role, and revocations.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::{Claims, Revocations, RoleNames, server_name};

/// Of a server: its chain, then its name, which may be one that the operator mapped.
#[derive(Debug)]
pub(super) struct ByRole {
    pub(super) inner: Arc<WebPkiServerVerifier>,
    pub(super) names: RoleNames,
}

impl ServerCertVerifier for ByRole {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        use CertificateError::{NotValidForName, NotValidForNameContext};
        let verdict = self.inner.verify_server_cert(end_entity, intermediates, name, ocsp_response, now);
        match verdict {
            // The name is looked at last: with this error, all else was found good.
            Err(Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }))
                if self.stands_for(end_entity, name) =>
            {
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

impl ByRole {
    fn stands_for(&self, certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> bool {
        let claims = Claims::read(certificate, &self.names);
        claims.is_ok_and(|claims| {
            server_name(claims.role, &claims.region).is_ok_and(|proven| proven.to_str() == name.to_str())
        })
    }
}

/// Of a caller of the API: its chain, and that it is not revoked. Agents among each other look at revocations after
/// the handshake, where they can tell each other why.
#[derive(Debug)]
pub(super) struct NotRevoked {
    pub(super) inner: Arc<dyn ClientCertVerifier>,
    pub(super) revocations: Revocations,
}

impl ClientCertVerifier for NotRevoked {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.inner.client_auth_mandatory()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.inner.verify_client_cert(end_entity, intermediates, now)?;
        if let Some(reason) = self.revocations.reason(end_entity) {
            let names = super::claims::names(end_entity);
            tracing::warn!(%reason, %names, "TLS: a revoked certificate was shown to the API");
            return Err(Error::InvalidCertificate(CertificateError::Revoked));
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
