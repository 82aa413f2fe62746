//! From a TLS error to what it means between agents, and the checks that follow TLS on both sides.

use std::io;

use rustls::{AlertDescription, CommonState};

use super::HandshakeError;
use crate::pki::{ALPN, CertificateFault};

impl HandshakeError {
    /// rustls' errors travel inside of I/O errors.
    pub(crate) fn from_io(error: io::Error) -> Self {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match tls {
            Some(tls) => Self::from_tls(tls.clone()),
            None => Self::Io(error),
        }
    }

    fn from_tls(error: rustls::Error) -> Self {
        match error {
            rustls::Error::NoCertificatesPresented => Self::NoCertificate,
            rustls::Error::InvalidCertificate(error) => {
                Self::Certificate(CertificateFault::from_rustls(&error))
            }
            rustls::Error::AlertReceived(alert) => Self::from_alert(alert),
            rustls::Error::NoApplicationProtocol | rustls::Error::InvalidMessage(_) => Self::NotMuster,
            other => Self::Tls(other),
        }
    }

    /// The peer tells only in one word what it found wrong.
    fn from_alert(alert: AlertDescription) -> Self {
        use AlertDescription as A;
        Self::Refused(match alert {
            A::CertificateRequired => "it requires a certificate".to_owned(),
            A::CertificateExpired => "our certificate has expired, by its clock".to_owned(),
            A::UnknownCA | A::DecryptError => "our certificate is not signed by its CA".to_owned(),
            A::CertificateRevoked => "our certificate has been revoked".to_owned(),
            A::ProtocolVersion => {
                "it speaks no version of TLS that this agent speaks (`tls_min_version`)".to_owned()
            }
            A::HandshakeFailure => {
                "it speaks no cipher suite that this agent speaks (`tls_cipher_suites`)".to_owned()
            }
            A::BadCertificate | A::CertificateUnknown | A::UnsupportedCertificate => {
                "our certificate is not acceptable to it".to_owned()
            }
            A::NoApplicationProtocol => return Self::NotMuster,
            other => format!("TLS alert {other:?}"),
        })
    }
}

/// What went wrong between a caller and the listener of the API; `None` when the caller merely went away.
#[must_use]
pub fn https_failure(error: io::Error) -> Option<String> {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    match HandshakeError::from_io(error) {
        HandshakeError::Io(error)
            if matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe) =>
        {
            None
        }
        HandshakeError::NotMuster => {
            Some("what came is not TLS; was `http://` written where `https://` is meant?".to_owned())
        }
        HandshakeError::NoCertificate => {
            Some("the caller shows no certificate, which `tls.verify_https_client` asks for".to_owned())
        }
        other => Some(other.to_string()),
    }
}

/// A peer that does not name our protocol is something else on that port.
pub(crate) fn check_protocol(tls: &CommonState) -> Result<(), HandshakeError> {
    if tls.alpn_protocol() == Some(ALPN) { Ok(()) } else { Err(HandshakeError::NotMuster) }
}
