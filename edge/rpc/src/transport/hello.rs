//! The first words on a connection: which version of the protocol both sides speak.
//!
//! ```text
//!   dialler                    listener
//!     | -- Hello{oldest..newest} --> |   picks the newest that both know
//!     | <-- Welcome{version} ------- |   or says why not
//! ```
//!
//! The answer also tells the dialler that its certificate was accepted, which TLS 1.3 does not tell before the first
//! byte comes back.

use muster_ids::Text;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::HandshakeError;
use super::frame::{self, FrameError};

/// Oldest and newest protocol that this build speaks. A step up is made when an older agent could misunderstand; new
/// requests and fields need none.
const OLDEST: u16 = 1;
const NEWEST: u16 = 1;

/// Both frames are a few bytes; an unknown peer gets no more room than this.
const MAX_BYTES: usize = 4 << 10;

#[derive(Debug, Serialize, Deserialize)]
struct Hello {
    oldest: u16,
    newest: u16,
}

#[derive(Debug, Serialize, Deserialize)]
enum Welcome {
    Version(u16),
    Refused(Text),
}

pub(crate) async fn greet<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut S) -> Result<(), HandshakeError> {
    write(socket, &Hello { oldest: OLDEST, newest: NEWEST }).await?;
    match read(socket).await? {
        Welcome::Version(version) if (OLDEST..=NEWEST).contains(&version) => Ok(()),
        Welcome::Version(version) => {
            Err(HandshakeError::Version { ours: NEWEST, theirs: version.to_string() })
        }
        Welcome::Refused(reason) => Err(HandshakeError::Refused(reason.to_string())),
    }
}

/// Answers the dialler; `verdict` is why it is not welcome although it proved who it is.
pub(crate) async fn welcome<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut S,
    verdict: Result<(), HandshakeError>,
) -> Result<(), HandshakeError> {
    let hello: Hello = read(socket).await?;
    let verdict = verdict.and_then(|()| agree(&hello));
    match verdict {
        Ok(version) => write(socket, &Welcome::Version(version)).await,
        Err(error) => {
            write(socket, &Welcome::Refused(Text::from(error.to_string()))).await?;
            let _ = socket.shutdown().await;
            Err(error)
        }
    }
}

fn agree(hello: &Hello) -> Result<u16, HandshakeError> {
    let version = hello.newest.min(NEWEST);
    if version >= hello.oldest.max(OLDEST) {
        return Ok(version);
    }
    let theirs = format!("{} to {}", hello.oldest, hello.newest);
    Err(HandshakeError::Version { ours: NEWEST, theirs })
}

async fn write<S: AsyncWrite + Unpin, T: Serialize>(
    socket: &mut S,
    message: &T,
) -> Result<(), HandshakeError> {
    let frame = frame::encode(message, MAX_BYTES).map_err(|error| frame_error(&error))?;
    socket.write_all(&frame).await.map_err(HandshakeError::from_io)?;
    socket.flush().await.map_err(HandshakeError::from_io)
}

/// Reads not one byte beyond the frame: what follows is for yamux.
async fn read<S: AsyncRead + Unpin, T: DeserializeOwned>(socket: &mut S) -> Result<T, HandshakeError> {
    let size = socket.read_u32().await.map_err(HandshakeError::from_io)?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if size > MAX_BYTES {
        return Err(HandshakeError::NotMuster);
    }
    let mut body = vec![0; size];
    socket.read_exact(&mut body).await.map_err(HandshakeError::from_io)?;
    frame::decode(&body).map_err(|error| frame_error(&error))
}

fn frame_error(error: &FrameError) -> HandshakeError {
    tracing::debug!(%error, "a hello cannot be understood");
    HandshakeError::NotMuster
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_common_version_is_chosen() {
        assert_eq!(agree(&Hello { oldest: 1, newest: 9 }).ok(), Some(1));
        assert!(matches!(agree(&Hello { oldest: 2, newest: 9 }), Err(HandshakeError::Version { .. })));
        assert!(matches!(agree(&Hello { oldest: 0, newest: 0 }), Err(HandshakeError::Version { .. })));
    }
}
