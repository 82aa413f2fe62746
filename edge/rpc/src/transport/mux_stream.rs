//! One stream of a connection.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::session::Shared;

/// Keeps its connection open and counts as one of its streams. Dropping it without `shutdown` resets the stream, which
/// the peer notices at once.
pub(crate) struct MuxStream {
    stream: Compat<yamux::Stream>,
    /// yamux does not wake the streams of a connection that is closed on this side.
    ended: Pin<Box<WaitForCancellationFutureOwned>>,
    session: Arc<Shared>,
    _permit: OwnedSemaphorePermit,
}

impl MuxStream {
    pub(crate) fn new(stream: yamux::Stream, session: Arc<Shared>, permit: OwnedSemaphorePermit) -> Self {
        let ended = Box::pin(session.ended().cancelled_owned());
        Self { stream: stream.compat(), ended, session, _permit: permit }
    }

    pub(crate) fn session(&self) -> &Arc<Shared> {
        &self.session
    }

    /// Whether nothing can be read or written any more: reset, or closed by both sides, or the connection is gone.
    pub(crate) fn is_dead(&self) -> bool {
        self.stream.get_ref().is_closed() || self.session.ended().is_cancelled()
    }

    /// Resolves when the peer closes or resets the stream or the connection ends. What it sends meanwhile has no
    /// place in the protocol and counts as the end, too.
    pub(crate) async fn gone(&mut self) {
        let _ = self.stream.read(&mut [0]).await;
    }

    /// Writes everything and closes this side.
    pub(crate) async fn finish(&mut self, frame: &[u8]) -> io::Result<()> {
        self.write_all(frame).await?;
        self.shutdown().await
    }

    fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.ended.as_mut().poll(cx)
    }
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the connection is closed")
}

impl AsyncRead for MuxStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Pending => self.poll_ended(cx).map(|()| Ok(())),
            ready => ready,
        }
    }
}

impl AsyncWrite for MuxStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(cx, buf) {
            Poll::Pending => self.poll_ended(cx).map(|()| Err(broken())),
            ready => ready,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Pending => self.poll_ended(cx).map(|()| Err(broken())),
            ready => ready,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_shutdown(cx) {
            Poll::Pending => self.poll_ended(cx).map(|()| Err(broken())),
            ready => ready,
        }
    }
}

impl std::fmt::Debug for MuxStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.stream.get_ref().fmt(f)
    }
}
