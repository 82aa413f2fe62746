//! The certificate authority shared by the agents of one user on loopback, so that they trust each other and nobody
//! else's without any configuration.
//!
//! Leaves live for [`LEAF_LIFETIME`] and are issued anew by each agent at start and when
//! [`Identity::renew_at`](super::Identity::renew_at) has come.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use muster_ids::Region;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls::RootCertStore;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::identity::Names;
use super::{Identity, PkiError, RoleNames, TlsOptions, ca_file, check, pem, server_name};
use crate::Role;

/// How long an issued certificate is valid. Short, because nothing revokes it.
pub const LEAF_LIFETIME: Duration = Duration::from_secs(72 * 3600);

const CA_LIFETIME: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// How far certificates reach back, for clocks that differ.
const CLOCK_SKEW: Duration = Duration::from_secs(300);

/// Holds a signing key: keep it where only this user's agents are.
pub struct UserCa {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl UserCa {
    /// The user's CA in `dir`, made on first use. Agents that start at once end up with the same one.
    ///
    /// # Errors
    /// When the directory or file cannot be made or read, is open to other users, or holds no valid CA.
    pub fn open_or_create(dir: &Path) -> Result<Self, PkiError> {
        let (path, text) = ca_file::open_or_create(dir, || Ok(Self::generate()?.1))?;
        Self::from_pem(&text, &format!("`{}`", path.display()))
    }

    /// A CA that ends with the process, for `-dev`.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn in_memory() -> Result<Self, PkiError> {
        Ok(Self::generate()?.0)
    }

    /// A certificate for an agent, valid from `now` for `lifetime`, also for connections to `localhost`.
    ///
    /// # Errors
    /// When the region cannot be part of a DNS name.
    pub fn issue(
        &self,
        role: Role,
        region: &Region,
        now: SystemTime,
        lifetime: Duration,
    ) -> Result<Identity, PkiError> {
        server_name(role, region)?;
        let (leaf, key) = self.sign(role, region, now, lifetime)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Identity::new(&self.roots()?, vec![leaf], key, &Names::issued(), &TlsOptions::default())
    }

    /// The CA's certificate, for those who are to trust it.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// A new CA, and its PEM text.
    fn generate() -> Result<(Self, String), PkiError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = ca_params(SystemTime::now()).self_signed(&key)?;
        let text = format!("{}{}", certificate.pem(), key.serialize_pem());
        Ok((Self { certificate: certificate.der().clone(), key }, text))
    }

    fn from_pem(text: &[u8], what: &str) -> Result<Self, PkiError> {
        let certificate = pem::first_certificate(text, what)?;
        let key = KeyPair::from_der_and_sign_algo(&pem::private_key(text, what)?, &PKCS_ECDSA_P256_SHA256)?;
        let ca = Self { certificate, key };
        ca.check(what)?;
        Ok(ca)
    }

    /// Issues a leaf and verifies it: finds an expired CA, and a key that is not the certificate's.
    fn check(&self, what: &str) -> Result<(), PkiError> {
        let now = SystemTime::now();
        let (leaf, _) = self.sign(Role::Client, &Region::global(), now, CLOCK_SKEW)?;
        let claims = super::Claims::read(&leaf, &RoleNames::standard())
            .map_err(|fault| PkiError::Certificate { what: what.to_owned(), fault })?;
        check::chain(&self.roots()?, &[leaf], &claims, what, now)
    }

    fn sign(
        &self,
        role: Role,
        region: &Region,
        now: SystemTime,
        lifetime: Duration,
    ) -> Result<(CertificateDer<'static>, KeyPair), PkiError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let issuer = Issuer::from_ca_cert_der(&self.certificate, &self.key)?;
        let leaf = leaf_params(role, region, now, lifetime)?.signed_by(&key, &issuer)?;
        Ok((leaf.der().clone(), key))
    }

    /// A leaf and its key outside of an [`Identity`], for clients that do not keep our rules.
    #[cfg(test)]
    pub(crate) fn leaf(&self, role: Role) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let signed = self.sign(role, &Region::global(), SystemTime::now(), LEAF_LIFETIME);
        #[expect(clippy::unwrap_used, reason = "tests")]
        let (leaf, key) = signed.unwrap();
        (leaf, PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))
    }

    fn roots(&self) -> Result<Arc<RootCertStore>, PkiError> {
        pem::trust(vec![self.certificate.clone()], "the CA of this user's agents")
    }
}

impl fmt::Debug for UserCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCa(…)")
    }
}

fn ca_params(now: SystemTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "Muster agents of one user");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = (now - CLOCK_SKEW).into();
    params.not_after = (now + CA_LIFETIME).into();
    params
}

fn leaf_params(
    role: Role,
    region: &Region,
    now: SystemTime,
    lifetime: Duration,
) -> Result<CertificateParams, PkiError> {
    let name = format!("{role}.{region}.nomad");
    let mut params = CertificateParams::new(vec![
        name.clone(),
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
    ])?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    params.not_before = (now - CLOCK_SKEW).into();
    params.not_after = (now + lifetime).into();
    Ok(params)
}
