//! A connection as its users see it.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use muster_ids::Region;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::mux_stream::MuxStream;
use super::{
    ByteStream, BytesPurpose, CallError, CloseReason, Duplex, Limits, Peer, Subscription, byte_stream, call,
    duplex, subscription,
};
use crate::{Call, Dialogue, Stream};

/// A handle to a connection. Cheap to clone; the connection ends when the last handle, stream and
/// [`Incoming`](super::Incoming) are gone, or by [`Session::close`].
#[derive(Clone, Debug)]
pub struct Session(Arc<Shared>);

/// Asks the driver to open a stream.
pub(crate) type OpenRequest = oneshot::Sender<yamux::Stream>;

/// What handles, streams and the driver of one connection share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) peer: Peer,
    /// The region of this agent's own certificate.
    pub(crate) region: Region,
    pub(crate) limits: Limits,
    /// Held by handles only: the driver ends when it is dropped.
    opens: mpsc::Sender<OpenRequest>,
    pub(crate) state: Arc<State>,
}

/// The part that the driver holds, too.
#[derive(Debug)]
pub(crate) struct State {
    /// Streams that this side may still open.
    outbound: Arc<Semaphore>,
    /// Calls of this side that may still be made.
    calls: Semaphore,
    /// Streams that the peer may still open.
    pub(crate) inbound: Arc<Semaphore>,
    /// Bytes of requests that may still be received at once.
    pub(crate) budget: Semaphore,
    pub(crate) close: CancellationToken,
    /// Why this side closes, when it is because of the peer's certificate.
    revoked: OnceLock<String>,
    pub(crate) ended: CancellationToken,
    /// Set once, by the driver, before anybody notices the end.
    reason: Mutex<Option<CloseReason>>,
}

impl State {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            outbound: Arc::new(Semaphore::new(limits.streams())),
            calls: Semaphore::new(limits.calls()),
            inbound: Arc::new(Semaphore::new(limits.inbound_streams())),
            budget: Semaphore::new(
                usize::try_from(limits.receive_budget()).unwrap_or(Semaphore::MAX_PERMITS),
            ),
            close: CancellationToken::new(),
            revoked: OnceLock::new(),
            ended: CancellationToken::new(),
            reason: Mutex::new(None),
        }
    }

    /// Closes the connection because of its peer's certificate.
    pub(crate) fn revoke(&self, reason: String) {
        let _first_counts = self.revoked.set(reason);
        self.close.cancel();
    }

    /// What a close from this side means.
    pub(crate) fn why_closed(&self) -> CloseReason {
        self.revoked
            .get()
            .map_or(CloseReason::Local, |reason| CloseReason::CertificateRevoked(reason.clone()))
    }

    pub(crate) fn reason(&self) -> MutexGuard<'_, Option<CloseReason>> {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection is gone: everyone who waits for something of it is told.
    pub(crate) fn end(&self) {
        self.outbound.close();
        self.calls.close();
        self.budget.close();
        self.ended.cancel();
    }
}

impl Shared {
    pub(crate) fn new(
        peer: Peer,
        region: Region,
        limits: Limits,
        opens: mpsc::Sender<OpenRequest>,
        state: Arc<State>,
    ) -> Self {
        Self { peer, region, limits, opens, state }
    }

    pub(crate) fn ended(&self) -> CancellationToken {
        self.state.ended.clone()
    }

    pub(crate) fn disconnected(&self) -> CallError {
        CallError::Disconnected(self.state.reason().clone().unwrap_or(CloseReason::Remote))
    }

    /// What a failure on one stream means: the connection's end explains all others.
    pub(crate) fn explain(&self, error: CallError) -> CallError {
        match error {
            CallError::Dropped => {
                self.state.reason().clone().map_or(CallError::Dropped, CallError::Disconnected)
            }
            other => other,
        }
    }

    /// A new stream; waits while this side has as many open as it may.
    pub(crate) async fn open(self: &Arc<Self>) -> Result<MuxStream, CallError> {
        let permit = Arc::clone(&self.state.outbound).acquire_owned().await;
        let permit = permit.map_err(|_| self.disconnected())?;
        let (sender, receiver) = oneshot::channel();
        self.opens.send(sender).await.map_err(|_| self.disconnected())?;
        let stream = receiver.await.map_err(|_| self.disconnected())?;
        Ok(MuxStream::new(stream, Arc::clone(self), permit))
    }

    /// Held while a call is made.
    pub(crate) async fn call_permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>, CallError> {
        self.state.calls.acquire().await.map_err(|_| self.disconnected())
    }
}

impl Session {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    #[cfg(test)]
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0
    }

    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.0.peer
    }

    /// Makes a request and waits for its reply.
    ///
    /// # Errors
    /// [`CallError::Failed`] is the peer's own answer. After any other error it is not known whether the request was
    /// carried out.
    pub async fn call<C: Call>(&self, request: C, deadline: Duration) -> Result<C::Reply, CallError> {
        let exchange = call::exchange(&self.0, request, deadline);
        tokio::time::timeout(deadline, exchange).await.unwrap_or(Err(CallError::Deadline(deadline)))
    }

    /// Asks for a stream of items; returns when the peer has accepted. The deadline does not bound the stream itself.
    ///
    /// # Errors
    /// When the peer refuses, does not answer in time, or is gone.
    pub async fn subscribe<S: Stream>(
        &self,
        request: S,
        deadline: Duration,
    ) -> Result<Subscription<S::Item>, CallError> {
        let open = subscription::open(&self.0, request);
        tokio::time::timeout(deadline, open).await.unwrap_or(Err(CallError::Deadline(deadline)))
    }

    /// Asks for a dialogue; returns when the peer has accepted. The deadline does not bound the dialogue itself.
    ///
    /// # Errors
    /// When the peer refuses, does not answer in time, or is gone.
    pub async fn converse<D: Dialogue>(
        &self,
        request: D,
        deadline: Duration,
    ) -> Result<Duplex<D::Asks, D::Answers>, CallError> {
        let open = duplex::open(&self.0, request);
        tokio::time::timeout(deadline, open).await.unwrap_or(Err(CallError::Deadline(deadline)))
    }

    /// Opens a stream of raw bytes; returns when the peer has accepted, at the latest after
    /// [`Limits::request_timeout`].
    ///
    /// # Errors
    /// When the peer refuses, does not answer in time, or is gone.
    pub async fn open_bytes(&self, purpose: BytesPurpose) -> Result<ByteStream, CallError> {
        let deadline = self.0.limits.request_timeout;
        let open = byte_stream::open(&self.0, purpose);
        tokio::time::timeout(deadline, open).await.unwrap_or(Err(CallError::Deadline(deadline)))
    }

    /// Ends the connection and all its streams. Frames already written are still sent.
    pub fn close(&self) {
        self.0.state.close.cancel();
    }

    /// Resolves when the connection has ended, whoever ended it.
    pub async fn closed(&self) {
        self.0.state.ended.cancelled().await;
    }

    /// Why it ended; `None` while it lives.
    #[must_use]
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.0.state.reason().clone()
    }
}
