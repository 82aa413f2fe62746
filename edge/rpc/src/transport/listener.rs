//! The inbound side: accepts, verifies and bounds connections.
//!
//! ```text
//!   accept loop --(handshake slot)--> one task a handshake --(connection slot)--> queue --> Listener::accept
//! ```
//!
//! Nobody can take a connection slot without a valid certificate, and a slow handshake delays no other.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::server::Acceptor;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tokio_rustls::{LazyConfigAcceptor, StartHandshake, TlsStream};

use super::handshake::check_protocol;
use super::read_ahead::ReadAhead;
use super::{AcceptError, HandshakeError, Incoming, Limits, Peer, Session, driver, hello, socket};
use crate::joining::JoinDoor;
use crate::{Identity, IdentityStore, Role};

/// Finished handshakes that wait for `accept`.
const QUEUE: usize = 32;

/// Pause after the system refused to accept, as it does when file descriptors have run out.
const BACK_OFF: Duration = Duration::from_millis(100);

type Accepted = Result<(Session, Incoming), AcceptError>;

/// Dropping it stops accepting; the connections made stay.
#[derive(Debug)]
pub struct Listener {
    local_addr: SocketAddr,
    accepted: Mutex<mpsc::Receiver<Accepted>>,
    task: AbortHandle,
}

impl Listener {
    /// Listens on `addr`; port 0 chooses one.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind(addr: SocketAddr, identity: IdentityStore, limits: Limits) -> io::Result<Self> {
        Self::from_tcp(TcpListener::bind(addr).await?, identity, limits, None)
    }

    /// The same on a socket that is already bound.
    ///
    /// # Errors
    /// When the socket has no address.
    /// Through `joins`, if it is given, machines without a certificate may ask for one.
    pub fn from_tcp(
        tcp: TcpListener,
        identity: IdentityStore,
        limits: Limits,
        joins: Option<JoinDoor>,
    ) -> io::Result<Self> {
        let local_addr = tcp.local_addr()?;
        let (sender, receiver) = mpsc::channel(QUEUE);
        let door = Arc::new(Door {
            identity,
            limits,
            joins,
            connections: Arc::new(Semaphore::new(
                usize::try_from(limits.max_connections).unwrap_or(usize::MAX >> 3),
            )),
            handshakes: Arc::new(Semaphore::new(usize::try_from(limits.max_handshakes.max(1)).unwrap_or(1))),
            accepted: sender,
        });
        let task = tokio::spawn(door.run(tcp)).abort_handle();
        Ok(Self { local_addr, accepted: Mutex::new(receiver), task })
    }

    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The next connection. An error other than [`AcceptError::Closed`] concerns one peer or one moment: log it and
    /// call again.
    ///
    /// # Errors
    /// When a peer was refused, the system cannot accept, or the listener is closed.
    pub async fn accept(&self) -> Result<(Session, Incoming), AcceptError> {
        self.accepted.lock().await.recv().await.unwrap_or(Err(AcceptError::Closed))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Socket = ReadAhead<TcpStream>;

/// Who came through TLS.
enum Entry {
    Agent(TlsStream<Socket>, Peer, OwnedSemaphorePermit),
    Newcomer(tokio_rustls::server::TlsStream<Socket>, JoinDoor),
}

fn asks_to_join(hello: &StartHandshake<Socket>) -> bool {
    hello.client_hello().alpn().is_some_and(JoinDoor::is_asked_for)
}

struct Door {
    identity: IdentityStore,
    limits: Limits,
    joins: Option<JoinDoor>,
    connections: Arc<Semaphore>,
    handshakes: Arc<Semaphore>,
    accepted: mpsc::Sender<Accepted>,
}

impl Door {
    async fn run(self: Arc<Self>, tcp: TcpListener) {
        loop {
            let Ok(slot) = Arc::clone(&self.handshakes).acquire_owned().await else { return };
            match tcp.accept().await {
                Ok((socket, addr)) => {
                    let door = Arc::clone(&self);
                    tokio::spawn(async move { door.admit(socket, addr, slot).await });
                }
                Err(error) => {
                    // Nobody may be listening to us; the loop must go on all the same.
                    let _ = self.accepted.try_send(Err(AcceptError::Socket(error)));
                    sleep(BACK_OFF).await;
                }
            }
        }
    }

    /// Holds the handshake slot until the result is taken: a flood of refusals queues up outside.
    async fn admit(&self, socket: TcpStream, addr: SocketAddr, _slot: OwnedSemaphorePermit) {
        let patience = self.limits.handshake_timeout;
        let identity = self.identity.current();
        let handshake = timeout(patience, Box::pin(self.handshake(socket, addr, &identity))).await;
        let result = match handshake.unwrap_or(Err(HandshakeError::Timeout(patience))) {
            Ok(Entry::Agent(tls, peer, slot)) => {
                let (region, revocations) = (identity.region().clone(), self.identity.revocations().clone());
                Ok(driver::start(tls, yamux::Mode::Server, peer, region, self.limits, revocations, slot))
            }
            Ok(Entry::Newcomer(tls, door)) => return Box::pin(door.serve(tls, addr)).await,
            Err(source) => Err(AcceptError::Handshake { addr, source }),
        };
        let _listener_dropped = self.accepted.send(result).await;
    }

    async fn handshake(
        &self,
        tcp: TcpStream,
        addr: SocketAddr,
        identity: &Identity,
    ) -> Result<Entry, HandshakeError> {
        socket::prepare(&tcp).map_err(HandshakeError::Io)?;
        let hello = LazyConfigAcceptor::new(Acceptor::default(), ReadAhead::new(tcp)).await;
        let hello = hello.map_err(HandshakeError::from_io)?;
        if let Some(door) = self.joins.as_ref().filter(|_| asks_to_join(&hello)) {
            let tls = hello.into_stream(door.server_config()?).await.map_err(HandshakeError::from_io)?;
            return Ok(Entry::Newcomer(tls, door.clone()));
        }
        let accepted = hello.into_stream(identity.server_config()).await;
        let mut tls = accepted.map_err(HandshakeError::from_io)?;
        check_protocol(tls.get_ref().1)?;
        let admitted = Peer::of(addr, tls.get_ref().1, identity.role_names())
            .and_then(|peer| self.check(peer, identity));
        let (verdict, admitted) = match admitted {
            Ok(admitted) => (Ok(()), Some(admitted)),
            Err(error) => (Err(error), None),
        };
        hello::welcome(&mut tls, verdict).await?;
        let (peer, slot) = admitted.ok_or(HandshakeError::NotMuster)?;
        Ok(Entry::Agent(TlsStream::from(tls), peer, slot))
    }

    /// Clients belong to one region. Servers of other regions may connect, because regions are federated, but may do
    /// little: see `receive`.
    fn check(&self, peer: Peer, identity: &Identity) -> Result<(Peer, OwnedSemaphorePermit), HandshakeError> {
        if peer.role == Role::Client {
            peer.expect(Role::Client, identity.region())?;
        }
        peer.not_revoked(self.identity.revocations())?;
        let slot = Arc::clone(&self.connections).try_acquire_owned();
        let slot = slot.map_err(|_| HandshakeError::Full(self.limits.max_connections))?;
        Ok((peer, slot))
    }
}
