//! A connection to a living supervisor.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::super::protocol::{HEADER, ProtocolError, Reply, Request};
use super::control::ControlDir;

#[derive(Debug)]
pub struct Connection(UnixStream);

impl Connection {
    /// # Errors
    /// When nobody listens, or the listener is not of this user.
    pub fn open(control_dir: &Path) -> io::Result<Self> {
        let stream = ControlDir::open(control_dir)?.connect()?;
        check_peer(&stream)?;
        Ok(Self(stream))
    }

    /// Asks and waits for the answer, as long as it takes.
    ///
    /// # Errors
    /// When the connection breaks or the supervisor refuses.
    pub fn call(&mut self, request: &Request) -> Result<Reply, ProtocolError> {
        self.0.write_all(&request.to_frame())?;
        let mut header = [0; HEADER];
        self.0.read_exact(&mut header)?;
        let mut body = vec![0; Reply::body_len(header)?];
        self.0.read_exact(&mut body)?;
        Reply::from_body(&body)
    }

    /// The socket itself, for callers that wait without a thread; see [`Request::to_frame`] and [`Reply::body_len`].
    #[must_use]
    pub fn into_stream(self) -> UnixStream {
        self.0
    }
}

/// Both ends accept only their own user, and root.
pub fn check_peer(stream: &UnixStream) -> io::Result<()> {
    let peer = rustix::net::sockopt::socket_peercred(stream)?.uid;
    if peer.is_root() || peer == rustix::process::geteuid() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("the peer is of user {}", peer.as_raw())))
}
