//! Verifies a certificate as peers will, so that a fault is found once, at start or by whoever made it, and not on
//! every connection.

use std::sync::Arc;
use std::time::SystemTime;

use rustls::RootCertStore;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::server::ParsedCertificate;
use rustls_pki_types::{CertificateDer, UnixTime};

use super::{CertificateFault, Claims, PkiError, policy, tls};
use crate::Role;

/// A side of TLS that a certificate is shown on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Server,
    Client,
}

/// An agent's own: every agent connects, servers also listen to agents.
pub(super) fn chain(
    roots: &Arc<RootCertStore>,
    chain: &[CertificateDer<'static>],
    claims: &Claims,
    what: &str,
    now: SystemTime,
) -> Result<(), PkiError> {
    let purposes: &[Purpose] = match claims.role {
        Role::Server => &[Purpose::Client, Purpose::Server],
        Role::Client => &[Purpose::Client],
    };
    usable(roots, chain, purposes, what, now)
}

/// Whether the certificate leads to one of `roots`, is valid now and may be used so.
pub(super) fn usable(
    roots: &Arc<RootCertStore>,
    chain: &[CertificateDer<'static>],
    purposes: &[Purpose],
    what: &str,
    now: SystemTime,
) -> Result<(), PkiError> {
    let Some((leaf, intermediates)) = chain.split_first() else { return Ok(()) };
    let now = UnixTime::since_unix_epoch(now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
    for purpose in purposes {
        match purpose {
            Purpose::Client => tls::client_verifier(roots, what)?
                .verify_client_cert(leaf, intermediates, now)
                .map(drop)
                .map_err(|error| fault(error, "client", what))?,
            Purpose::Server => ParsedCertificate::try_from(leaf)
                .and_then(|leaf| {
                    let algorithms = policy::signature_algorithms();
                    verify_server_cert_signed_by_trust_anchor(&leaf, roots, intermediates, now, algorithms)
                })
                .map_err(|error| fault(error, "server", what))?,
        }
    }
    Ok(())
}

fn fault(error: rustls::Error, usage: &'static str, what: &str) -> PkiError {
    use rustls::CertificateError as E;
    let what = what.to_owned();
    match error {
        rustls::Error::InvalidCertificate(E::InvalidPurpose | E::InvalidPurposeContext { .. }) => {
            PkiError::Certificate { what, fault: CertificateFault::Usage(usage) }
        }
        rustls::Error::InvalidCertificate(error) => {
            PkiError::Certificate { what, fault: CertificateFault::from_rustls(&error) }
        }
        source => PkiError::Tls { what, source },
    }
}
