//! Who is at the other end, as its verified certificate says.

use std::net::SocketAddr;
use std::time::SystemTime;

use muster_ids::Region;
use rustls::CommonState;
use rustls_pki_types::CertificateDer;

use super::HandshakeError;
use crate::pki::{CertificateFault, Claims, sha256};
use crate::{Revocations, Role, RoleNames};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    pub role: Role,
    pub region: Region,
    pub addr: SocketAddr,
    pub certificate_sha256: [u8; 32],
    /// When its certificate expires; the connection is closed then.
    pub certificate_not_after: SystemTime,
    pub(crate) certificate: CertificateDer<'static>,
}

impl Peer {
    /// Reads the certificate of a finished handshake, which TLS has verified.
    pub(crate) fn of(addr: SocketAddr, tls: &CommonState, names: &RoleNames) -> Result<Self, HandshakeError> {
        let certificate =
            tls.peer_certificates().and_then(<[_]>::first).ok_or(HandshakeError::NoCertificate)?;
        let claims = Claims::read(certificate, names)?;
        Ok(Self {
            role: claims.role,
            region: claims.region,
            addr,
            certificate_sha256: sha256(certificate),
            certificate_not_after: claims.not_after,
            certificate: certificate.clone().into_owned(),
        })
    }

    /// Its certificate may be valid and yet no longer count.
    pub(crate) fn not_revoked(&self, revocations: &Revocations) -> Result<(), HandshakeError> {
        match revocations.reason(&self.certificate) {
            None => Ok(()),
            Some(reason) => Err(CertificateFault::Revoked { reason: Some(reason) }.into()),
        }
    }

    /// Whether the peer is what this side expects to talk to.
    pub(crate) fn expect(&self, role: Role, region: &Region) -> Result<(), HandshakeError> {
        if self.role.may_act_as(role) && self.region == *region {
            return Ok(());
        }
        Err(HandshakeError::WrongPeer {
            expected: role,
            region: region.clone(),
            found: self.role,
            found_region: self.region.clone(),
        })
    }
}
