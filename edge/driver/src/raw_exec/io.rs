//! Waiting without threads: on the supervisor's socket, and for the end of an orphan.

use std::time::Duration;

use muster_sys::supervisor::{Connection, ProcessIdentity, ProtocolError, Reply, Request, orphan_exit};

use crate::DriverError;

/// Between two looks at an orphan.
const LOOK: Duration = Duration::from_millis(200);

/// Runs something that blocks for milliseconds on the blocking pool.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DriverError> + Send + 'static,
) -> Result<T, DriverError> {
    let failed = |error: tokio::task::JoinError| Err(DriverError::Other(error.to_string()));
    tokio::task::spawn_blocking(work).await.unwrap_or_else(failed)
}

/// One question, one answer.
#[cfg(target_os = "linux")]
pub async fn ask(connection: Connection, request: Request) -> Result<Reply, ProtocolError> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let stream = connection.into_stream();
    stream.set_nonblocking(true)?;
    let mut stream = tokio::net::UnixStream::from_std(stream)?;
    stream.write_all(&request.to_frame()).await?;
    let mut header = [0; 4];
    stream.read_exact(&mut header).await?;
    let mut body = vec![0; Reply::body_len(header)?];
    stream.read_exact(&mut body).await?;
    Reply::from_body(&body)
}

#[cfg(not(target_os = "linux"))]
pub async fn ask(mut connection: Connection, request: Request) -> Result<Reply, ProtocolError> {
    connection.call(&request)
}

/// Resolves when the process has ended. A pidfd would have to be registered with the event loop by `unsafe` code, and
/// tasks without a supervisor are rare: looking now and then will do.
pub async fn ended(task: &ProcessIdentity) -> std::io::Result<()> {
    if let Some(pending) = orphan_exit(task)? {
        while !pending.has_ended()? {
            tokio::time::sleep(LOOK).await;
        }
    }
    Ok(())
}
