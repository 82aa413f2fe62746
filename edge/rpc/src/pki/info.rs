//! A certificate for people to look at.

use std::time::SystemTime;

use rustls_pki_types::CertificateDer;
use x509_parser::extensions::{GeneralName, NameConstraints};
use x509_parser::prelude::X509Certificate;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Name;

use super::claims::{self, system_time};
use super::identity::sha256;
use super::{PkiError, hex, pem};

/// What a certificate says. Nothing of it is proven: whoever looks at a file need not trust its issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInfo {
    pub subject: String,
    pub issuer: String,
    pub common_name: Option<String>,
    pub issuer_common_name: Option<String>,
    /// Lower-case hexadecimal without leading zeros, as revocations name it.
    pub serial: String,
    pub not_before: SystemTime,
    pub not_after: SystemTime,
    pub dns_names: Vec<String>,
    pub ip_addresses: Vec<String>,
    pub is_authority: bool,
    /// Domains that an authority is limited to; empty for any.
    pub permitted_domains: Vec<String>,
    /// Such as `server authentication`; empty for any.
    pub usages: Vec<&'static str>,
    pub key: String,
    pub fingerprint_sha256: [u8; 32],
}

impl CertificateInfo {
    /// The first certificate of a PEM text; `what` names it in errors.
    ///
    /// # Errors
    /// When there is none.
    pub fn read(text: &[u8], what: &str) -> Result<Self, PkiError> {
        let der = pem::first_certificate(text, what)?;
        let fault = |fault| PkiError::Certificate { what: what.to_owned(), fault };
        let parsed = claims::parse(&der).map_err(fault)?;
        Ok(Self::of(&der, &parsed))
    }

    fn of(der: &CertificateDer<'_>, parsed: &X509Certificate<'_>) -> Self {
        let names = parsed.subject_alternative_name().ok().flatten();
        let names = names.map(|san| san.value.general_names.as_slice()).unwrap_or_default();
        Self {
            subject: parsed.subject().to_string(),
            issuer: parsed.issuer().to_string(),
            common_name: common_name(parsed.subject()),
            issuer_common_name: common_name(parsed.issuer()),
            serial: serial(parsed),
            not_before: system_time(parsed.validity().not_before),
            not_after: system_time(parsed.validity().not_after),
            dns_names: names.iter().filter_map(dns_name).collect(),
            ip_addresses: names.iter().filter_map(address).collect(),
            is_authority: parsed.is_ca(),
            permitted_domains: parsed
                .name_constraints()
                .ok()
                .flatten()
                .map(|found| permitted(found.value))
                .unwrap_or_default(),
            usages: usages(parsed),
            key: key(parsed),
            fingerprint_sha256: sha256(der),
        }
    }
}

/// As it is shown and revoked by.
pub(super) fn serial(parsed: &X509Certificate<'_>) -> String {
    hex(parsed.raw_serial()).trim_start_matches('0').to_owned()
}

fn common_name(name: &X509Name<'_>) -> Option<String> {
    name.iter_common_name().next()?.as_str().ok().map(str::to_owned)
}

fn dns_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(text) => Some((*text).to_owned()),
        _ => None,
    }
}

fn address(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::IPAddress(bytes) => Some(claims::address(bytes)),
        _ => None,
    }
}

fn permitted(constraints: &NameConstraints<'_>) -> Vec<String> {
    let trees = constraints.permitted_subtrees.as_deref().unwrap_or_default();
    trees.iter().filter_map(|tree| dns_name(&tree.base)).collect()
}

fn usages(parsed: &X509Certificate<'_>) -> Vec<&'static str> {
    let Ok(Some(extension)) = parsed.extended_key_usage() else { return Vec::new() };
    let usage = extension.value;
    let all = [
        (usage.server_auth, "server authentication"),
        (usage.client_auth, "client authentication"),
        (usage.any, "any"),
    ];
    all.into_iter().filter_map(|(has, name)| has.then_some(name)).collect()
}

fn key(parsed: &X509Certificate<'_>) -> String {
    let spki = parsed.public_key();
    match spki.parsed() {
        Ok(PublicKey::RSA(key)) => format!("RSA, {} bits", key.key_size()),
        Ok(PublicKey::EC(key)) => format!("ECDSA, {} bits", key.key_size()),
        _ if spki.algorithm.algorithm.to_id_string() == "1.3.101.112" => "Ed25519".to_owned(),
        _ => spki.algorithm.algorithm.to_id_string(),
    }
}
