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
            A::BadCertificate | A::CertificateUnknown | A::UnsupportedCertificate | A::CertificateRevoked => {
                "our certificate is not acceptable to it".to_owned()
            }
            A::NoApplicationProtocol => return Self::NotMuster,
            other => format!("TLS alert {other:?}"),
        })
    }
}

/// A peer that does not name our protocol is something else on that port.
pub(crate) fn check_protocol(tls: &CommonState) -> Result<(), HandshakeError> {
    if tls.alpn_protocol() == Some(ALPN) { Ok(()) } else { Err(HandshakeError::NotMuster) }
}
