//! A connection of the API ends when the certificate that its caller has shown is revoked: also one that was taken over
//! for a conversation, and one that waits.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use muster_rpc::HttpsStore;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::rustls::pki_types::CertificateDer;

pub(super) struct UntilRevoked<I> {
    io: I,
    /// `None` for callers that need not show a certificate, and once it is over.
    revoked: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    over: bool,
}

impl<I> UntilRevoked<I> {
    pub(super) fn new(
        io: I,
        peer: SocketAddr,
        tls: HttpsStore,
        shown: Option<CertificateDer<'static>>,
    ) -> Self {
        let revoked = shown.map(|certificate| {
            let revoked = async move {
                let reason = tls.revoked(&certificate).await;
                tracing::warn!(%peer, %reason, "http: TLS: closed a connection: the caller's certificate has been revoked");
            };
            Box::pin(revoked) as Pin<Box<dyn Future<Output = ()> + Send>>
        });
        Self { io, revoked, over: false }
    }

    /// # Errors
    /// Once the certificate is revoked.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.revoked.as_mut().is_some_and(|revoked| revoked.as_mut().poll(cx).is_ready()) {
            self.revoked = None;
            self.over = true;
        }
        if self.over {
            Err(io::Error::new(io::ErrorKind::ConnectionAborted, "certificate revoked"))
        } else {
            Ok(())
        }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for UntilRevoked<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for UntilRevoked<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check(cx)?;
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
