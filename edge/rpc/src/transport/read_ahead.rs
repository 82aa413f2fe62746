//! Reads a socket in large pieces while much arrives, and holds no memory while nothing does.
//!
//! TLS asks for 4 KiB at a time. That is right for the thousands of connections that are idle, and four calls of the
//! kernel for each record of one that carries a log.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::io::poll_read_buf;

/// What is read at once of a busy socket.
const AHEAD_BYTES: usize = 64 << 10;

#[derive(Debug)]
pub(crate) struct ReadAhead<S> {
    socket: S,
    /// Read from the socket and not taken yet. Without capacity while little arrives.
    ahead: BytesMut,
    /// The last piece filled the room there was for it: more waits.
    busy: bool,
}

impl<S> ReadAhead<S> {
    pub(crate) fn new(socket: S) -> Self {
        Self { socket, ahead: BytesMut::new(), busy: false }
    }

    fn give(&mut self, buf: &mut ReadBuf<'_>) {
        let piece = self.ahead.split_to(self.ahead.len().min(buf.remaining()));
        buf.put_slice(&piece);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ReadAhead<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.ahead.is_empty() {
            this.give(buf);
            return Poll::Ready(Ok(()));
        }
        if !this.busy {
            let before = buf.filled().len();
            ready!(Pin::new(&mut this.socket).poll_read(cx, buf))?;
            this.busy = buf.remaining() == 0 && buf.filled().len() > before;
            return Poll::Ready(Ok(()));
        }
        this.ahead.reserve(AHEAD_BYTES);
        match poll_read_buf(Pin::new(&mut this.socket), cx, &mut this.ahead) {
            Poll::Ready(Ok(count)) if count > 0 => {
                this.give(buf);
                Poll::Ready(Ok(()))
            }
            other => {
                this.busy = false;
                this.ahead = BytesMut::new();
                other.map_ok(drop)
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ReadAhead<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn block_on<F: std::future::Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn bytes_arrive_in_order_however_they_are_cut(
            sent in prop::collection::vec(any::<u8>(), 0..200_000),
            window in 1_usize..100_000,
            room in 1_usize..10_000,
        ) {
            let received = block_on(async {
                let (mut to, from) = tokio::io::duplex(window);
                let mut from = ReadAhead::new(from);
                let write = async { to.write_all(&sent).await.unwrap(); drop(to); };
                let read = async {
                    let (mut received, mut piece) = (Vec::new(), vec![0; room]);
                    loop {
                        match from.read(&mut piece).await.unwrap() {
                            0 => return received,
                            count => received.extend_from_slice(&piece[..count]),
                        }
                    }
                };
                tokio::join!(write, read).1
            });
            prop_assert_eq!(received, sent);
        }
    }

    #[test]
    fn nothing_is_held_while_nothing_arrives() {
        block_on(async {
            let (mut to, from) = tokio::io::duplex(1 << 20);
            let mut from = ReadAhead::new(from);
            to.write_all(&[1; 300_000]).await.unwrap();
            let mut all = vec![0; 300_000];
            for piece in all.chunks_mut(4096) {
                from.read_exact(piece).await.unwrap();
            }
            assert!(from.busy, "large pieces are used");
            let mut piece = [0; 1];
            let nothing = futures::poll!(Box::pin(from.read(&mut piece)));
            assert!(nothing.is_pending());
            assert_eq!(from.ahead.capacity(), 0);
        });
    }
}
