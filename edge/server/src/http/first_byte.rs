//! A connection on which nothing is ever said ends: whoever accepts it waits for the first byte for so long only.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

#[derive(Debug)]
pub(super) struct FirstByte<I> {
    io: I,
    /// `None` once something was said.
    patience: Option<Pin<Box<Sleep>>>,
}

impl<I> FirstByte<I> {
    pub(super) fn within(io: I, patience: Duration) -> Self {
        Self { io, patience: Some(Box::pin(sleep(patience))) }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for FirstByte<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.io).poll_read(cx, buf);
        if read.is_ready() {
            self.patience = None;
            return read;
        }
        match &mut self.patience {
            Some(patience) => patience.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into())),
            None => Poll::Pending,
        }
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for FirstByte<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_says_nothing_is_not_waited_for_and_who_pauses_later_is() {
        let patience = Duration::from_secs(10);
        let (_silent, io) = tokio::io::duplex(64);
        let nothing = FirstByte::within(io, patience).read(&mut [0; 8]).await;
        assert_eq!(nothing.unwrap_err().kind(), io::ErrorKind::TimedOut);

        let (mut caller, io) = tokio::io::duplex(64);
        let mut io = FirstByte::within(io, patience);
        caller.write_all(b"GET").await.unwrap();
        assert_eq!(io.read(&mut [0; 8]).await.unwrap(), 3);
        let later = tokio::time::timeout(patience * 100, io.read(&mut [0; 8])).await;
        assert!(later.is_err(), "the rest is limited elsewhere");
    }
}
