//! A command beside a `raw_exec` task: forked by the task's supervisor, its pipes or terminal read without threads.

use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use muster_sys::pty::{self, TtySize};
use muster_sys::supervisor::{
    Attachment, Exec, ExecError, ExecExit as Exit, ExecIo, ExecSpec, ProtocolError, StartStage,
};
use rustix::io::Errno;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;

use super::attached::find;
use super::handle::TaskRef;
use super::io::blocking;
use crate::exec::Resize;
use crate::{DriverError, ExecExit, ExecRequest, ExecSession};

/// The key that ends the input of a terminal.
const END_OF_FILE: [u8; 1] = [4];

pub async fn exec(task: TaskRef, request: ExecRequest) -> Result<ExecSession, DriverError> {
    let connection = match find(&task).await? {
        Attachment::Supervised(connection) => connection,
        Attachment::Ended(_) | Attachment::Lost { .. } => return Err(DriverError::NotRunning),
        Attachment::Orphaned(_) => {
            let text = "the task runs without its supervisor, which would run the command: restart the task";
            return Err(DriverError::Other(text.to_owned()));
        }
    };
    let program = request.command.first().cloned().unwrap_or_default();
    let spec = ExecSpec { argv: request.command, tty: request.tty.is_some() };
    let size = request.tty.unwrap_or_default();
    let started = blocking(move || connection.exec(&spec, size).map_err(|error| explain(&program, error)));
    let Exec { io, channel, .. } = started.await?;
    session(io, channel)
        .map_err(|error| DriverError::Other(format!("the command cannot be watched: {error}")))
}

fn session(io: ExecIo, channel: std::os::unix::net::UnixStream) -> io::Result<ExecSession> {
    channel.set_nonblocking(true)?;
    let exit = Box::pin(ended(UnixStream::from_std(channel)?));
    Ok(match io {
        ExecIo::Pipes { stdin, stdout, stderr } => ExecSession {
            stdin: Box::new(pipe::Sender::from_owned_fd(stdin)?),
            stdout: Box::new(pipe::Receiver::from_owned_fd(stdout)?),
            stderr: Some(Box::new(pipe::Receiver::from_owned_fd(stderr)?)),
            resize: None,
            exit,
        },
        // A pipe's ends know how to wait for a terminal too.
        ExecIo::Terminal(master) => {
            let stdout = Screen(pipe::Receiver::from_owned_fd_unchecked(nonblocking(&master)?)?);
            let stdin = Keyboard(pipe::Sender::from_owned_fd_unchecked(nonblocking(&master)?)?);
            let resize: Resize = Arc::new(move |size: TtySize| pty::resize(&master, size));
            ExecSession {
                stdin: Box::new(stdin),
                stdout: Box::new(stdout),
                stderr: None,
                resize: Some(resize),
                exit,
            }
        }
    })
}

fn nonblocking(master: &OwnedFd) -> io::Result<OwnedFd> {
    rustix::io::ioctl_fionbio(master, true)?;
    master.try_clone()
}

async fn ended(mut channel: UnixStream) -> Result<ExecExit, DriverError> {
    let mut bytes = [0; Exit::SIZE];
    match channel.read_exact(&mut bytes).await {
        Ok(_) => {
            let exit = Exit::from_bytes(bytes);
            Ok(ExecExit { exit_code: exit.code, signal: exit.signal })
        }
        // Only the task's end kills a keeper.
        Err(_) => Err(DriverError::NotRunning),
    }
}

fn explain(program: &str, error: ExecError) -> DriverError {
    match error {
        ExecError::Start(error) if error.stage == StartStage::Exec => {
            let reason = match error.cause.kind() {
                io::ErrorKind::NotFound => {
                    "it is neither in the task's PATH nor a file of the task".to_owned()
                }
                _ => error.cause.to_string(),
            };
            DriverError::Command(format!("command `{program}` cannot be run: {reason}"))
        }
        error @ ExecError::TooLong(_) => DriverError::Command(error.to_string()),
        // What a supervisor says to requests that it does not know.
        ExecError::Protocol(ProtocolError::Refused(reason)) if reason.contains("malformed") => {
            DriverError::Other(
                "the task was started by an older agent that cannot run commands beside it: restart the task"
                    .to_owned(),
            )
        }
        ExecError::Protocol(ProtocolError::Refused(reason)) if reason.contains("has ended") => {
            DriverError::NotRunning
        }
        error => DriverError::Other(error.to_string()),
    }
}

/// What a terminal shows.
struct Screen(pipe::Receiver);

/// What is typed.
struct Keyboard(pipe::Sender);

impl AsyncRead for Screen {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.0).poll_read(cx, buf) {
            // Nobody has the other end any more.
            Poll::Ready(Err(error)) if error.raw_os_error() == Some(Errno::IO.raw_os_error()) => {
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }
}

impl AsyncWrite for Keyboard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, keys: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, keys)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_write(cx, &END_OF_FILE).map_ok(drop)
    }
}
