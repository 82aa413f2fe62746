//! The task that owns a connection's socket: opens streams on request, hands on the peer's, ends in one place.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};
use std::time::{Duration, SystemTime};

use futures::future::poll_fn;
use muster_ids::Region;
use rustls_pki_types::CertificateDer;
use tokio::io::BufWriter;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Sleep, sleep, timeout};
use tokio_rustls::TlsStream;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::mux_stream::MuxStream;
use super::read_ahead::ReadAhead;
use super::receive::receive;
use super::session::{OpenRequest, Session, Shared, State};
use super::{CloseReason, Incoming, IncomingStream, Limits, Peer};
use crate::Revocations;

/// Merges the header and the body of small frames into one TLS record; larger bodies pass by it.
const WRITE_BUFFER: usize = 2 << 10;

/// Streams that wait to be opened, and requests that wait for a handler.
const QUEUE: usize = 32;

/// How long a closing connection may take to send what was written.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

type Connection = yamux::Connection<Compat<BufWriter<TlsStream<ReadAhead<TcpStream>>>>>;

/// Starts the task for an established connection. `region` is this agent's own. `guard` is dropped when the connection has ended.
pub(crate) fn start<G: Send + 'static>(
    socket: TlsStream<ReadAhead<TcpStream>>,
    mode: yamux::Mode,
    peer: Peer,
    region: Region,
    limits: Limits,
    revocations: Revocations,
    guard: G,
) -> (Session, Incoming) {
    let socket = BufWriter::with_capacity(WRITE_BUFFER, socket).compat();
    let (opens, open_requests) = mpsc::channel(QUEUE);
    let (handlers, requests) = mpsc::channel(QUEUE);
    let state = Arc::new(State::new(&limits));
    tokio::spawn(watch_revocation(peer.certificate.clone(), revocations, Arc::clone(&state)));
    let life = peer.certificate_not_after.duration_since(SystemTime::now()).unwrap_or_default();
    let addr = peer.addr;
    let shared = Arc::new(Shared::new(peer, region, limits, opens, Arc::clone(&state)));
    let driver = Driver {
        connection: yamux::Connection::new(socket, limits.yamux(), mode),
        open_requests,
        waiting: None,
        close: Box::pin(state.close.clone().cancelled_owned()),
        expiry: Box::pin(sleep(life)),
        handlers,
        handles: Arc::downgrade(&shared),
        state,
        peer: addr,
    };
    tokio::spawn(async move {
        driver.run().await;
        drop(guard);
    });
    (Session::new(Arc::clone(&shared)), Incoming::new(requests, shared))
}

/// Ends the connection when the peer's certificate is revoked while it is open.
async fn watch_revocation(certificate: CertificateDer<'static>, revocations: Revocations, state: Arc<State>) {
    tokio::select! {
        () = state.ended.cancelled() => {}
        reason = revocations.revoked(&certificate) => state.revoke(reason),
    }
}

struct Driver {
    connection: Connection,
    open_requests: mpsc::Receiver<OpenRequest>,
    /// The request that yamux is not yet ready to serve.
    waiting: Option<OpenRequest>,
    close: Pin<Box<WaitForCancellationFutureOwned>>,
    expiry: Pin<Box<Sleep>>,
    handlers: mpsc::Sender<IncomingStream>,
    handles: Weak<Shared>,
    state: Arc<State>,
    peer: SocketAddr,
}

enum Step {
    Inbound(yamux::Stream),
    End(CloseReason),
}

impl Driver {
    async fn run(mut self) {
        let reason = loop {
            match poll_fn(|cx| self.poll_step(cx)).await {
                Step::Inbound(stream) => self.take(stream),
                Step::End(reason) => break reason,
            }
        };
        if matches!(
            reason,
            CloseReason::Local | CloseReason::CertificateExpired | CloseReason::CertificateRevoked(_)
        ) {
            let _ = timeout(CLOSE_TIMEOUT, poll_fn(|cx| self.connection.poll_close(cx))).await;
        }
        if let CloseReason::CertificateRevoked(why) = &reason {
            tracing::warn!(reason = %why, peer = %self.peer, "TLS: closed a connection: the peer's certificate has been revoked");
        }
        if let CloseReason::Broken(why) = &reason {
            tracing::warn!(reason = %why, peer = %self.peer, "TLS: a connection broke");
        }
        // The socket first: whoever is told of the end finds the connection gone.
        drop(self.connection);
        self.state.end();
    }

    /// Holds the reason's lock, so that a stream that yamux ends in here finds the reason when it looks for it.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        let state = Arc::clone(&self.state);
        let mut reason = state.reason();
        let step = ready!(self.poll_connection(cx));
        if let Step::End(end) = &step {
            *reason = Some(end.clone());
        }
        Poll::Ready(step)
    }

    fn poll_connection(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        if self.close.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Step::End(self.state.why_closed()));
        }
        if self.expiry.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Step::End(CloseReason::CertificateExpired));
        }
        if let Poll::Ready(reason) = self.poll_open(cx) {
            return Poll::Ready(Step::End(reason));
        }
        match self.connection.poll_next_inbound(cx) {
            Poll::Ready(Some(Ok(stream))) => Poll::Ready(Step::Inbound(stream)),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Step::End(reason_of(&error))),
            Poll::Ready(None) => Poll::Ready(Step::End(CloseReason::Remote)),
            // What was just processed may have made room, for which yamux wakes nobody.
            Poll::Pending if self.waiting.is_some() => self.poll_open(cx).map(Step::End),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Serves requests to open streams; ready only when the connection is over.
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<CloseReason> {
        loop {
            if self.waiting.is_none() {
                match ready!(self.open_requests.poll_recv(cx)) {
                    Some(request) => self.waiting = Some(request),
                    None => return Poll::Ready(CloseReason::Local),
                }
            }
            match ready!(self.connection.poll_new_outbound(cx)) {
                // Whoever asked may have given up; the stream then is dropped before anything was sent on it.
                Ok(stream) => drop(self.waiting.take().map(|request| request.send(stream))),
                Err(error) => return Poll::Ready(reason_of(&error)),
            }
        }
    }

    /// Starts to receive a request; resets the stream when the peer has too many open.
    fn take(&self, stream: yamux::Stream) {
        let Some(shared) = self.handles.upgrade() else { return };
        match Arc::clone(&self.state.inbound).try_acquire_owned() {
            Ok(permit) => {
                let handlers = self.handlers.clone();
                tokio::spawn(receive(MuxStream::new(stream, shared, permit), handlers));
            }
            Err(_) => tracing::warn!(peer = %shared.peer.addr, "a peer has too many streams open; reset one"),
        }
    }
}

fn reason_of(error: &yamux::ConnectionError) -> CloseReason {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let io = match error {
        yamux::ConnectionError::Closed => return CloseReason::Remote,
        yamux::ConnectionError::Io(io) | yamux::ConnectionError::Decode(yamux::FrameDecodeError::Io(io)) => {
            io
        }
        error => return CloseReason::Broken(error.to_string()),
    };
    match io.kind() {
        // A process that was killed closes its socket without saying so in TLS.
        UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe => CloseReason::Remote,
        _ => CloseReason::Broken(io.to_string()),
    }
}
