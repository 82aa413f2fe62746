//! The operator's certificate authority: makes certificates for servers, clients and the command line, for keys of its
//! own making or for keys that never left the machine they belong to.
//!
//! ```text
//!   generate / from_pem ──► Authority ── issue(params)              ──► certificate and key
//!                                    └── sign_request(CSR, params)  ──► certificate for the CSR's key
//! ```
//!
//! Invariants: what a certificate says comes from [`LeafParams`] alone, never from a request; every certificate made
//! here was verified against the authority as peers will do it, so that an authority that is expired, limited to other
//! names or joined with a foreign key is found out by whoever asks, not by every peer.

mod leaf;
mod params;
mod pem_text;
mod request;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use muster_ids::Region;
use rcgen::{CertificateParams, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData};
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{FromDer, X509Certificate};

pub use params::{AuthorityParams, LeafParams, LeafRole, Subject};
pub use pem_text::{CaPem, KeyPem, LeafPem};
pub use request::RequestPem;

use super::claims::system_time;
use super::identity::sha256;
use super::{CertificateFault, PkiError, check, pem, private_file};

/// How far certificates reach back, for clocks that differ.
const CLOCK_SKEW: Duration = Duration::from_secs(300);

/// Holds a signing key: keep it where nobody else is.
pub struct Authority {
    certificate: CertificateDer<'static>,
    key: KeyPair,
    roots: Arc<RootCertStore>,
    not_after: SystemTime,
    /// Signed by another authority; then leaves come with its certificate.
    intermediate: bool,
}

impl Authority {
    /// A new authority, and the texts to keep.
    ///
    /// # Errors
    /// When a name cannot be part of a certificate, or the system has no randomness to give.
    pub fn generate(params: &AuthorityParams) -> Result<(Self, CaPem), PkiError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = params.certificate()?.self_signed(&key)?;
        let pem = CaPem { certificate: certificate.pem(), key: KeyPem::new(key.serialize_pem()) };
        let authority = Self::new(certificate.der().clone(), key, "the new CA")?;
        authority.check("the new CA", params.now)?;
        Ok((authority, pem))
    }

    /// An authority from its certificate and key, made by this program or by openssl: RSA, ECDSA (P-256, P-384, P-521)
    /// and Ed25519, the key in PKCS#8, PKCS#1 or SEC1.
    ///
    /// # Errors
    /// When one of them is not what it should be, they do not belong together, or the authority is expired.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, PkiError> {
        Self::from_named_pem(certificate, key, "the CA certificate", "the CA key")
    }

    /// The same from files; the key must be private.
    ///
    /// # Errors
    /// As [`Self::from_pem`], and when a file cannot be read or others may read the key.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, PkiError> {
        let names = [certificate, key].map(|path| format!("`{}`", path.display()));
        let [certificate, key] =
            [private_file::read_public("CA certificate", certificate)?, private_file::read_key(key)?];
        let [certificate_name, key_name] = &names;
        Self::from_named_pem(&certificate, &key, certificate_name, key_name)
    }

    fn from_named_pem(certificate: &[u8], key: &[u8], what: &str, key_name: &str) -> Result<Self, PkiError> {
        let certificate = pem::first_certificate(certificate, what)?;
        let key = pem::private_key(key, key_name)?;
        let key = KeyPair::try_from(&key).map_err(|error| PkiError::BadPem {
            what: key_name.to_owned(),
            reason: format!("no RSA, ECDSA or Ed25519 key: {error}"),
        })?;
        let parsed = parse(&certificate, what)?;
        if parsed.public_key().subject_public_key.data.as_ref() != key.der_bytes() {
            return Err(PkiError::WrongKey { what: format!("{what} (key: {key_name})") });
        }
        let authority = Self::new(certificate, key, what)?;
        authority.check(what, SystemTime::now())?;
        Ok(authority)
    }

    fn new(certificate: CertificateDer<'static>, key: KeyPair, what: &str) -> Result<Self, PkiError> {
        let roots = pem::trust(vec![certificate.clone()], what)?;
        let parsed = parse(&certificate, what)?;
        if !parsed.is_ca() {
            return Err(PkiError::NotAnAuthority { what: what.to_owned() });
        }
        let not_after = system_time(parsed.validity().not_after);
        let intermediate = parsed.subject() != parsed.issuer();
        Ok(Self { certificate, key, roots, not_after, intermediate })
    }

    /// The certificate that those who trust this authority need.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        pem_text::certificate(&self.certificate)
    }

    /// Identifies the authority: whoever holds this can tell its certificate from any other.
    #[must_use]
    pub fn fingerprint_sha256(&self) -> [u8; 32] {
        sha256(&self.certificate)
    }

    #[must_use]
    pub const fn not_after(&self) -> SystemTime {
        self.not_after
    }

    /// A new key and its certificate.
    ///
    /// # Errors
    /// When a name cannot be part of a certificate, stands for another role, or is none that this authority may vouch
    /// for; when the authority is expired.
    pub fn issue(&self, params: &LeafParams) -> Result<LeafPem, PkiError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = self.sign(params, &key)?;
        Ok(LeafPem { certificate, key: KeyPem::new(key.serialize_pem()) })
    }

    /// A certificate for the key of a signing request. Nothing else of the request counts: what it asks to be called
    /// is for the caller to decide on.
    ///
    /// # Errors
    /// When the request is not signed by its own key or the key is weak, and as [`Self::issue`].
    pub fn sign_request(&self, request: &str, params: &LeafParams) -> Result<String, PkiError> {
        let key = request::verified_key(request)?;
        self.sign(params, &key)
    }

    fn sign(&self, params: &LeafParams, key: &impl PublicKeyData) -> Result<String, PkiError> {
        let leaf = self.leaf(&params.certificate(self.not_after)?, key)?;
        check::usable(
            &self.roots,
            std::slice::from_ref(&leaf),
            params.role.purposes(),
            "the new certificate",
            params.now,
        )?;
        let mut text = pem_text::certificate(&leaf);
        if self.intermediate {
            text.push_str(&self.certificate_pem());
        }
        Ok(text)
    }

    fn leaf(
        &self,
        params: &CertificateParams,
        key: &impl PublicKeyData,
    ) -> Result<CertificateDer<'static>, PkiError> {
        let issuer = Issuer::from_ca_cert_der(&self.certificate, &self.key)?;
        Ok(params.signed_by(key, &issuer)?.der().clone())
    }

    /// Issues a certificate and verifies it: finds a name that cannot be repeated exactly, or a key that may not sign.
    /// Expiry is looked at here, because nobody verifies the dates of an authority that is trusted.
    fn check(&self, what: &str, now: SystemTime) -> Result<(), PkiError> {
        if self.not_after <= now {
            let fault =
                CertificateFault::Expired { since: super::claims::format_system_time(self.not_after) };
            return Err(PkiError::Certificate { what: what.to_owned(), fault });
        }
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let params = LeafParams::new(LeafRole::Server, Region::global(), CLOCK_SKEW, now);
        // Without names: an authority that is limited to some is none the worse.
        let mut params = params.certificate(self.not_after)?;
        params.subject_alt_names.clear();
        let leaf = self.leaf(&params, &key)?;
        check::usable(&self.roots, &[leaf], LeafRole::Server.purposes(), what, now)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority(…)")
    }
}

fn parse<'a>(certificate: &'a CertificateDer<'_>, what: &str) -> Result<X509Certificate<'a>, PkiError> {
    let malformed = || PkiError::Certificate { what: what.to_owned(), fault: CertificateFault::Malformed };
    X509Certificate::from_der(certificate).map(|(_, parsed)| parsed).map_err(|_| malformed())
}
