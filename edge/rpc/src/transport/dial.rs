//! The outbound side: reach an agent and verify that it is the one meant.

use std::net::SocketAddr;

use muster_ids::Region;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::{TlsConnector, TlsStream};

use super::handshake::check_protocol;
use super::read_ahead::ReadAhead;
use super::{ConnectError, HandshakeError, Incoming, Limits, Peer, Session, driver, hello, socket};
use crate::pki::server_name;
use crate::{Identity, IdentityStore, Revocations, Role};

/// Connects to an agent whose certificate must name `expect` and `region`; the address proves nothing and is not
/// compared with the certificate. Both sides may then ask each other.
///
/// # Errors
/// When nobody answers at the address, or one of the two sides does not accept the other's certificate.
pub async fn connect(
    addr: SocketAddr,
    identity: &IdentityStore,
    expect: Role,
    region: &Region,
    limits: Limits,
) -> Result<(Session, Incoming), ConnectError> {
    let deadline = Instant::now() + limits.handshake_timeout;
    let failed = |source| ConnectError::Handshake { addr, source };
    let late = || HandshakeError::Timeout(limits.handshake_timeout);
    let tcp = match timeout_at(deadline, TcpStream::connect(addr)).await {
        Ok(tcp) => tcp.map_err(|source| ConnectError::Unreachable { addr, source })?,
        Err(_) => return Err(failed(late())),
    };
    let (current, revocations) = (identity.current(), identity.revocations());
    let meant = Meant { addr, expect, region };
    let secure = timeout_at(deadline, Box::pin(secure(tcp, &current, &meant, revocations))).await;
    let (tls, peer) = secure.unwrap_or_else(|_| Err(late())).map_err(failed)?;
    Ok(driver::start(
        tls,
        yamux::Mode::Client,
        peer,
        current.region().clone(),
        limits,
        revocations.clone(),
        (),
    ))
}

/// Whom the caller wants to reach.
struct Meant<'a> {
    addr: SocketAddr,
    expect: Role,
    region: &'a Region,
}

async fn secure(
    tcp: TcpStream,
    identity: &Identity,
    meant: &Meant<'_>,
    revocations: &Revocations,
) -> Result<(TlsStream<ReadAhead<TcpStream>>, Peer), HandshakeError> {
    socket::prepare(&tcp).map_err(HandshakeError::Io)?;
    let name = server_name(meant.expect, meant.region)?;
    let connector = TlsConnector::from(identity.client_config());
    let mut tls = connector.connect(name, ReadAhead::new(tcp)).await.map_err(HandshakeError::from_io)?;
    check_protocol(tls.get_ref().1)?;
    let peer = Peer::of(meant.addr, tls.get_ref().1, identity.role_names())?;
    peer.expect(meant.expect, meant.region)?;
    peer.not_revoked(revocations)?;
    hello::greet(&mut tls).await?;
    Ok((TlsStream::from(tls), peer))
}
