//! Accepts connections: header time-out, connection cap, graceful stop. Knows nothing of routes.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use muster_rpc::HttpsStore;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::body::ApiResponse;
use super::first_byte::FirstByte;
use super::per_address::{Held, PerAddress};
use super::until_revoked::UntilRevoked;
use super::{body, compress, dispatch, forward::Forwarder, guard};
use crate::agent::AgentInfo;
use crate::shared::Shared;

/// Limits of one listener.
#[derive(Clone)]
pub struct HttpConfig {
    pub addr: SocketAddr,
    /// Serves HTTPS when set.
    pub tls: Option<HttpsStore>,
    /// Whether names other than this machine's own are answered: with TLS, whose certificate is of the name meant, or
    /// where the operator let it.
    pub any_host: bool,
    /// Connections held at once; further ones wait in the kernel's backlog.
    pub max_connections: usize,
    /// Connections that one address holds at once, further ones are told 429. 0 is no limit; `None` is 100 for
    /// addresses beyond loopback.
    pub max_per_address: Option<u32>,
    /// How long TLS with a caller may take.
    pub handshake_timeout: Duration,
    pub header_timeout: Duration,
    /// Extra headers on every response.
    pub response_headers: Vec<(http::HeaderName, http::HeaderValue)>,
}

impl HttpConfig {
    const fn guard(&self) -> Guard {
        if self.any_host { Guard::Pages } else { Guard::Loopback }
    }
}

impl std::fmt::Debug for HttpConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpConfig")
            .field("addr", &self.addr)
            .field("tls", &self.tls.is_some())
            .finish_non_exhaustive()
    }
}

/// Who answers: this process's server, or a server that a client agent is connected to.
#[derive(Clone, Debug)]
pub enum Service {
    Local(Arc<Shared>, Arc<AgentInfo>),
    Forward(Forwarder, Arc<AgentInfo>),
}

/// A connection's share of what the listener and its address may hold; every request carries it, so that a connection
/// that is taken over keeps it.
pub(super) type Place = Arc<(OwnedSemaphorePermit, Held)>;

/// Ends the connection of a request whose answer nobody takes. HTTP/2 has none: there, a stream that is not read holds
/// no more than its own window, and others share the connection.
#[derive(Clone, Debug)]
pub(crate) struct Cut(pub CancellationToken);

/// How long requests in flight may take once the agent stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// How long telling a caller that it has too many connections may take.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);

/// A bound listener; serves until stopped.
#[derive(Debug)]
pub struct HttpListener {
    addr: SocketAddr,
    stop: CancellationToken,
    done: tokio::task::JoinHandle<()>,
}

impl HttpListener {
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind(config: HttpConfig, service: Service) -> io::Result<Self> {
        let listener = TcpListener::bind(config.addr).await?;
        let addr = listener.local_addr()?;
        let stop = CancellationToken::new();
        let done = tokio::spawn(accept_loop(listener, config, service, stop.clone()));
        Ok(Self { addr, stop, done })
    }

    /// The address bound, with the real port.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// Stops accepting, lets requests in flight end for a moment, then closes.
    pub async fn shutdown(self) {
        self.stop.cancel();
        let _ended = self.done.await;
    }
}

async fn accept_loop(listener: TcpListener, config: HttpConfig, service: Service, stop: CancellationToken) {
    let slots = Arc::new(Semaphore::new(config.max_connections));
    let addresses = PerAddress::new(config.max_per_address);
    let graceful = GracefulShutdown::new();
    // Ends what the drain did not, such as queries that wait for minutes.
    let cut = CancellationToken::new();
    loop {
        let slot = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            slot = Arc::clone(&slots).acquire_owned() => slot,
        };
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer, slot) = match (accepted, slot) {
            (Ok((stream, peer)), Ok(slot)) => (stream, peer, slot),
            (Err(error), _) => {
                tracing::warn!(%error, "http: cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
            (_, Err(_closed)) => break,
        };
        let Some(held) = addresses.take(peer.ip()) else {
            tracing::debug!(%peer, "http: the address has as many connections as it may");
            let plain = config.tls.is_none();
            tokio::spawn(async move {
                refuse(stream, plain).await;
                drop(slot);
            });
            continue;
        };
        let watcher = graceful.watcher();
        let (config, service, cut) = (config.clone(), service.clone(), cut.clone());
        tokio::spawn(async move {
            let place: Place = Arc::new((slot, held));
            let serving = serve_connection(stream, peer, &config, service, &place, watcher);
            let _cut = cut.run_until_cancelled(serving).await;
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::debug!("http: closing connections with requests in flight");
        cut.cancel();
    }
}

/// Says 429 where that can be read. What was asked is read and dropped: closing before would take the answer back.
async fn refuse(mut stream: TcpStream, plain: bool) {
    const TOO_MANY: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain; charset=utf-8\r\n\
        Content-Length: 69\r\nConnection: close\r\n\r\n\
        This address has too many connections to this agent; close some first";
    if !plain {
        return;
    }
    let told = async {
        stream.write_all(TOO_MANY).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
    };
    let _late = tokio::time::timeout(REFUSAL_TIMEOUT, told).await;
}

async fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    config: &HttpConfig,
    service: Service,
    place: &Place,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let _nodelay = stream.set_nodelay(true);
    let Some(tls) = &config.tls else {
        return run(stream, config, service, config.guard(), Some(place), watcher).await;
    };
    let handshake = TlsAcceptor::from(tls.current()).accept(stream);
    match tokio::time::timeout(config.handshake_timeout, handshake).await {
        Ok(Ok(stream)) => {
            let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            let shown = shown.map(|certificate| certificate.clone().into_owned());
            let stream = UntilRevoked::new(stream, peer, tls.clone(), shown);
            run(stream, config, service, config.guard(), Some(place), watcher).await;
        }
        Ok(Err(error)) => match muster_rpc::https_failure(error) {
            Some(reason) => tracing::warn!(%peer, %reason, "http: TLS handshake failed"),
            None => tracing::debug!(%peer, "http: the caller left during the TLS handshake"),
        },
        Err(_elapsed) => tracing::info!(%peer, "http: TLS handshake timed out"),
    }
}

/// Whether requests still have to pass the browser guard.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guard {
    Loopback,
    /// Only pages of other origins are refused.
    Pages,
    /// Already passed on the agent that forwarded it.
    Passed,
}

async fn run<I>(
    io: I,
    config: &HttpConfig,
    service: Service,
    guard: Guard,
    place: Option<&Place>,
    watcher: hyper_util::server::graceful::Watcher,
) where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(config.header_timeout);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(256);
    let headers: Arc<[_]> = config.response_headers.clone().into();
    let place = place.cloned();
    let cut = Cut(CancellationToken::new());
    let ended = cut.0.clone();
    let handler = hyper::service::service_fn(move |mut request: http::Request<Incoming>| {
        let (service, headers) = (service.clone(), Arc::clone(&headers));
        if let Some(place) = &place {
            request.extensions_mut().insert(Arc::clone(place));
        }
        if request.version() < http::Version::HTTP_2 {
            request.extensions_mut().insert(cut.clone());
        }
        async move {
            let accepts = compress::accepts(request.headers());
            let mut response = compress::apply(accepts, answer(request, &service, guard).await).await;
            for (name, value) in headers.iter() {
                response.headers_mut().insert(name.clone(), value.clone());
            }
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    let io = FirstByte::within(io, config.header_timeout);
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(io), handler).into_owned();
    tokio::select! {
        served = watcher.watch(connection) => {
            if let Err(error) = served {
                tracing::debug!(%error, "http: connection ended early");
            }
        }
        () = ended.cancelled() => tracing::debug!("http: connection cut off"),
    }
}

async fn answer(request: http::Request<Incoming>, service: &Service, guard: Guard) -> ApiResponse {
    let checked = match guard {
        Guard::Loopback => guard::check(request.uri(), request.headers()),
        Guard::Pages => guard::same_page(request.uri(), request.headers()),
        Guard::Passed => Ok(()),
    };
    if let Err(refused) = checked {
        return body::error(&refused);
    }
    dispatch::answer(request, service).await
}

/// Serves HTTP/1.1 requests that a client agent forwards over its connection to this server.
pub async fn serve_stream<I>(io: I, shared: Arc<Shared>, agent: Arc<AgentInfo>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let config = HttpConfig {
        addr: SocketAddr::from(([127, 0, 0, 1], 0)),
        tls: None,
        any_host: false,
        max_connections: 1,
        max_per_address: Some(0),
        handshake_timeout: Duration::ZERO,
        header_timeout: Duration::from_secs(10),
        response_headers: Vec::new(),
    };
    let graceful = GracefulShutdown::new();
    run(io, &config, Service::Local(shared, agent), Guard::Passed, None, graceful.watcher()).await;
}
