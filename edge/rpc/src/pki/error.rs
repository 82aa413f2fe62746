//! What can be wrong with certificates and keys, said so that it can be mended.

use std::io;
use std::path::PathBuf;

use muster_ids::Region;

use crate::Role;

#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    #[error("cannot read {what} `{}`: {source}", path.display())]
    Read { what: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot create `{}`: {source}", path.display())]
    Create { path: PathBuf, source: io::Error },
    #[error("`{}` already exists, and is not overwritten; move it away or choose another name", path.display())]
    Exists { path: PathBuf },
    #[error("`{}` can be read or changed by other users (mode {mode:04o}); run `chmod {fix} '{}'`", path.display(), path.display())]
    Exposed { path: PathBuf, mode: u32, fix: &'static str },
    #[error("`{}` belongs to user id {owner}, not to the user of this agent ({user})", path.display())]
    ForeignOwner { path: PathBuf, owner: u32, user: u32 },
    #[error("{what} holds no PEM section `{section}`")]
    NoPem { what: String, section: &'static str },
    #[error("{what} is not valid PEM: {reason}")]
    BadPem { what: String, reason: String },
    #[error("the private key does not belong to the certificate in {what}")]
    WrongKey { what: String },
    #[error("{what}: {fault}")]
    Certificate { what: String, fault: CertificateFault },
    #[error(
        "region `{0}` cannot be part of a certificate's name; use letters, digits, `-` and `.`, at most 63 characters a part"
    )]
    RegionName(Region),
    #[error("{what} is no certificate authority (its basic constraints lack CA:TRUE)")]
    NotAnAuthority { what: String },
    #[error("`{name}` cannot be a name in this certificate: {reason}")]
    Name { name: String, reason: String },
    #[error("the certificate signing request is refused: {reason}")]
    Request { reason: String },
    #[error(
        "the certificate signing request has {found}; use RSA of 2048 to 8192 bits, ECDSA on P-256 or P-384, or Ed25519"
    )]
    WeakKey { found: String },
    #[error(
        "the private key in {what} is protected by a passphrase, which an agent has nobody to ask for; write it without: `openssl pkey -in KEY -out NEW`"
    )]
    EncryptedKey { what: String },
    #[error("cipher suite `{0}` is not known")]
    CipherSuite(String),
    #[error("the system's random number generator failed")]
    Random,
    #[error("cannot make a certificate: {0}")]
    Generate(#[from] rcgen::Error),
    #[error("TLS refuses {what}: {source}")]
    Tls { what: String, source: rustls::Error },
}

/// Why a certificate does not prove an identity, ours or a peer's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    #[error("the certificate is malformed")]
    Malformed,
    #[error("the certificate has expired{}", since.as_ref().map_or(String::new(), |at| format!(" on {at}")))]
    Expired { since: Option<String> },
    #[error("the certificate is not valid yet; check the clocks of both machines")]
    NotValidYet,
    #[error("the certificate is not signed by the configured CA")]
    UnknownIssuer,
    #[error("the certificate may not be used for {0} authentication (extended key usage)")]
    Usage(&'static str),
    #[error(
        "no subject alternative name `server.<region>.nomad` or `client.<region>.nomad`; the certificate names {}",
        named(found, common_name.as_deref())
    )]
    NoRole { found: Vec<String>, common_name: Option<String> },
    #[error("the certificate names more than one region: {}", list(found))]
    ManyRegions { found: Vec<String> },
    #[error(
        "the certificate is one of a {found} of region `{found_region}`; expected `{expected}.{region}.nomad`"
    )]
    WrongName { expected: Role, region: Region, found: Role, found_region: Region },
    #[error("the certificate does not name `{expected}`; it names {}", list(found))]
    NameMismatch { expected: String, found: Vec<String> },
    #[error("the certificate has been revoked{}", reason.as_ref().map_or(String::new(), |text| format!(": {text}")))]
    Revoked { reason: Option<String> },
    #[error("the certificate is invalid: {0}")]
    Other(String),
}

impl CertificateFault {
    /// From the verdict of the chain verification.
    pub(crate) fn from_rustls(error: &rustls::CertificateError) -> Self {
        use rustls::CertificateError as E;
        match error {
            E::BadEncoding => Self::Malformed,
            E::Expired => Self::Expired { since: None },
            E::ExpiredContext { not_after, .. } => {
                Self::Expired { since: super::claims::format_time(*not_after) }
            }
            E::NotValidYet | E::NotValidYetContext { .. } => Self::NotValidYet,
            // A foreign CA that happens to bear our CA's name is found out by its signature.
            E::UnknownIssuer | E::BadSignature => Self::UnknownIssuer,
            E::NotValidForName => Self::Other("it is not valid for the expected name".to_owned()),
            E::NotValidForNameContext { expected, presented } => Self::NameMismatch {
                expected: expected.to_str().into_owned(),
                found: presented.iter().map(|name| bare(name)).collect(),
            },
            E::Revoked => Self::Revoked { reason: None },
            other => Self::Other(other.to_string()),
        }
    }
}

/// rustls quotes each name with its kind: `DnsName("localhost")`.
fn bare(presented: &str) -> String {
    let inner = presented.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.map_or(presented, |name| name.trim_matches('"')).to_owned()
}

/// Operators who are used to common names are told that they do not count.
fn named(found: &[String], common_name: Option<&str>) -> String {
    match common_name {
        Some(name) if found.is_empty() => {
            format!("nothing; its common name `{name}` does not count, only subject alternative names do")
        }
        _ => list(found),
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
