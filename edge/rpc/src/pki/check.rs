//! Verifies our own certificate as peers will, so that a fault is found once, at start, and not on every connection.

use std::sync::Arc;
use std::time::SystemTime;

use rustls::RootCertStore;
use rustls::client::danger::ServerCertVerifier;
use rustls_pki_types::{CertificateDer, UnixTime};

use super::{CertificateFault, Claims, PkiError, server_name, tls};
use crate::Role;

pub(super) fn chain(
    roots: &Arc<RootCertStore>,
    chain: &[CertificateDer<'static>],
    claims: &Claims,
    what: &str,
    now: SystemTime,
) -> Result<(), PkiError> {
    let Some((leaf, intermediates)) = chain.split_first() else { return Ok(()) };
    let now = UnixTime::since_unix_epoch(now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
    tls::client_verifier(roots, what)?
        .verify_client_cert(leaf, intermediates, now)
        .map_err(|error| fault(error, "client", what))?;
    if claims.role == Role::Server {
        let name = server_name(Role::Server, &claims.region)?;
        tls::server_verifier(roots, what)?
            .verify_server_cert(leaf, intermediates, &name, &[], now)
            .map_err(|error| fault(error, "server", what))?;
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
