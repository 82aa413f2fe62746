//! Certificates and keys as texts. A key shows itself to nobody who does not ask for it by name.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;

/// A private key in PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyPem(String);

impl KeyPem {
    pub(super) const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for the file it is kept in.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPem(…)")
    }
}

/// An authority to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaPem {
    pub certificate: String,
    pub key: KeyPem,
}

/// A certificate, with those between it and the authority's root, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafPem {
    pub certificate: String,
    pub key: KeyPem,
}

pub(super) fn certificate(der: &CertificateDer<'_>) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}
