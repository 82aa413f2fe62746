//! The agent's side of a command that runs beside a task.

use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::pipe::{PipeFlags, pipe_with};

use super::super::exec::{ExecError, ExecSpec, MAX_EXEC};
use super::super::identity::ProcessIdentity;
use super::super::protocol::{HEADER, MAX_REPLY, ProtocolError, Reply, Request, frame};
use super::connection::Connection;
use super::{passing, start};
use crate::pty::{Pty, TtySize};

/// How long a command may take to be started.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A running command. Dropping `channel` ends it, and everything it started.
#[derive(Debug)]
pub struct Exec {
    /// Its main process.
    pub process: ProcessIdentity,
    pub io: ExecIo,
    /// Tells one encoded [`super::super::ExecExit`], then ends; an end without it means that somebody killed the
    /// command's keeper, as the end of the task does.
    pub channel: UnixStream,
}

/// The agent's ends. The command has the others to itself.
#[derive(Debug)]
pub enum ExecIo {
    Pipes {
        stdin: OwnedFd,
        stdout: OwnedFd,
        stderr: OwnedFd,
    },
    /// The master of its terminal.
    Terminal(OwnedFd),
}

impl Connection {
    /// Runs a command beside the task and returns when it runs. Blocks for some milliseconds.
    ///
    /// # Errors
    /// Says what failed; nothing runs then.
    pub fn exec(mut self, spec: &ExecSpec, size: TtySize) -> Result<Exec, ExecError> {
        let encoded = spec.encode();
        if encoded.len() > MAX_EXEC {
            return Err(ExecError::TooLong(encoded.len()));
        }
        match self.call(&Request::Exec)? {
            Reply::Done => {}
            _ => return Err(ProtocolError::Unexpected.into()),
        }
        let mut channel = self.into_stream();
        channel.set_read_timeout(Some(START_TIMEOUT))?;
        channel.set_write_timeout(Some(START_TIMEOUT))?;
        let (io, theirs) = ends(spec.tty, size)?;
        let theirs_borrowed: Vec<BorrowedFd<'_>> = theirs.iter().map(AsFd::as_fd).collect();
        passing::send(&channel, &theirs_borrowed)?;
        channel.write_all(&frame(&encoded))?;
        let process = start::decode_reply(&reply(&mut channel)?)?;
        channel.set_read_timeout(None)?;
        channel.set_write_timeout(None)?;
        Ok(Exec { process, io, channel })
    }
}

fn reply(channel: &mut UnixStream) -> Result<Vec<u8>, ProtocolError> {
    let mut header = [0; HEADER];
    channel.read_exact(&mut header)?;
    let len = u32::from_le_bytes(header) as usize;
    if len > MAX_REPLY {
        return Err(ProtocolError::Malformed);
    }
    let mut reply = vec![0; len];
    channel.read_exact(&mut reply)?;
    Ok(reply)
}

fn ends(tty: bool, size: TtySize) -> std::io::Result<(ExecIo, Vec<OwnedFd>)> {
    if tty {
        let Pty { master, user } = Pty::open(size)?;
        return Ok((ExecIo::Terminal(master), vec![user]));
    }
    let pipe = || pipe_with(PipeFlags::CLOEXEC);
    let ((in_read, stdin), (stdout, out_write), (stderr, err_write)) = (pipe()?, pipe()?, pipe()?);
    Ok((ExecIo::Pipes { stdin, stdout, stderr }, vec![in_read, out_write, err_write]))
}
