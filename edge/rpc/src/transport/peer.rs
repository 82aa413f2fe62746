//! Who is at the other end, as its verified certificate says.

use std::net::SocketAddr;
use std::time::SystemTime;

use muster_ids::Region;
use rustls::CommonState;

use super::HandshakeError;
use crate::Role;
use crate::pki::{Claims, sha256};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    pub role: Role,
    pub region: Region,
    pub addr: SocketAddr,
    pub certificate_sha256: [u8; 32],
    /// When its certificate expires; the connection is closed then.
    pub certificate_not_after: SystemTime,
}

impl Peer {
    /// Reads the certificate of a finished handshake, which TLS has verified.
    pub(crate) fn of(addr: SocketAddr, tls: &CommonState) -> Result<Self, HandshakeError> {
        let certificate =
            tls.peer_certificates().and_then(<[_]>::first).ok_or(HandshakeError::NoCertificate)?;
        let claims = Claims::read(certificate)?;
        Ok(Self {
            role: claims.role,
            region: claims.region,
            addr,
            certificate_sha256: sha256(certificate),
            certificate_not_after: claims.not_after,
        })
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
