//! Raw bytes both ways, for what brings its own protocol.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::ask::ask;
use super::frame::{self, FrameReader};
use super::mux_stream::MuxStream;
use super::session::Shared;
use super::wire::{Answer, Open};
use super::{BytesPurpose, CallError, Peer};
use crate::messages::Empty;

/// How long a stream that was shut down and dropped still takes the peer's bytes, so that the peer, which may be in
/// the middle of a large body, is not left waiting for credit.
const LINGER: Duration = Duration::from_secs(10);

/// Like a TCP connection: reads end with `Ok(0)` when the peer has shut down its side, and fail when the stream was
/// cut. Dropping it without `shutdown` resets it.
#[derive(Debug)]
pub struct ByteStream {
    /// Taken only by `drop`.
    stream: Option<MuxStream>,
    /// Bytes that came together with the last frame.
    early: BytesMut,
    shut_down: bool,
    read_to_end: bool,
}

pub(crate) async fn open(session: &Arc<Shared>, purpose: BytesPurpose) -> Result<ByteStream, CallError> {
    let limit = session.limits.frame();
    let request = frame::encode(&Open::Bytes { purpose }, limit)?;
    let mut stream = session.open().await?;
    let mut reader = FrameReader::new(limit);
    match ask(&mut stream, &mut reader, &request).await? {
        Answer::Done(Empty {}) => Ok(ByteStream::new(stream, reader.into_rest())),
        Answer::Failed(failure) => Err(failure.into()),
    }
}

impl ByteStream {
    pub(crate) fn new(stream: MuxStream, early: BytesMut) -> Self {
        Self { stream: Some(stream), early, shut_down: false, read_to_end: false }
    }

    /// Who is at the other end.
    #[must_use]
    pub fn peer(&self) -> Option<&Peer> {
        self.stream.as_ref().map(|stream| &stream.session().peer)
    }

    fn stream(&mut self) -> io::Result<Pin<&mut MuxStream>> {
        self.stream.as_mut().map(Pin::new).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// The end of the bytes: in good order, or because the stream was cut.
    fn end(&mut self) -> io::Result<()> {
        let dead = self.stream.as_ref().is_none_or(MuxStream::is_dead);
        // After both sides have shut down, a stream is as dead as after a reset.
        if dead && !self.shut_down {
            return Err(io::Error::new(io::ErrorKind::ConnectionReset, "the stream was cut"));
        }
        self.read_to_end = true;
        Ok(())
    }
}

impl AsyncRead for ByteStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.early.has_remaining() {
            let count = self.early.remaining().min(buf.remaining());
            buf.put_slice(&self.early.split_to(count));
            return Poll::Ready(Ok(()));
        }
        let (before, room) = (buf.filled().len(), buf.remaining());
        match self.stream()?.poll_read(cx, buf) {
            Poll::Ready(Ok(())) if buf.filled().len() == before && room > 0 => Poll::Ready(self.end()),
            other => other,
        }
    }
}

impl AsyncWrite for ByteStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = self.stream()?.poll_shutdown(cx);
        if done.is_ready() {
            self.shut_down = true;
        }
        done
    }
}

impl Drop for ByteStream {
    fn drop(&mut self) {
        let Some(mut stream) = self.stream.take() else { return };
        if !self.shut_down || self.read_to_end || stream.is_dead() {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let mut nowhere = tokio::io::sink();
                let rest = tokio::io::copy(&mut stream, &mut nowhere);
                let _ = tokio::time::timeout(LINGER, rest).await;
            });
        }
    }
}
