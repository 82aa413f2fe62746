//! What can be asked of a supervisor. A frame is a 32-bit length, a version, a kind and its fields; both directions
//! are bounded, and everything that does not parse ends the connection.

use std::time::Duration;

use super::exit::TaskExit;
use super::identity::ProcessIdentity;
use super::wire::{Decoder, Encoder, Malformed};
use crate::procfs::TreeUsage;

/// The version this build speaks. Supervisors outlive upgrades: newer agents keep speaking the older ones.
pub const PROTOCOL_VERSION: u8 = 1;
/// Longest body of a request.
pub(super) const MAX_REQUEST: usize = 64;
/// Longest body of a reply.
pub const MAX_REPLY: usize = 1024;
/// Bytes of the length in front of each body.
pub(super) const HEADER: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Answered with [`Reply::Status`].
    Hello,
    /// Answered with [`Reply::Exit`] when the task has ended.
    Wait,
    /// To the task's main process. Answered with [`Reply::Done`].
    Signal(i32),
    /// To the task's process group; after the time-out everything is killed. Answered with [`Reply::Exit`].
    Stop { signal: i32, timeout: Duration },
    /// Answered with [`Reply::Usage`].
    Usage,
    /// Gives the connection away to a command that is run beside the task. Answered with [`Reply::Done`], after which
    /// the connection speaks as `exec.rs` says.
    Exec,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Status(Status),
    Exit(TaskExit),
    Usage(TreeUsage),
    Done,
    /// The request was understood and failed, or was not understood.
    Refused(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub supervisor_pid: u32,
    pub task: ProcessIdentity,
    pub stopping: bool,
    /// Set between the task's end and the supervisor's own.
    pub ended: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    #[error("the supervisor cannot be reached: {0}")]
    Io(#[from] std::io::Error),
    #[error("the supervisor's answer is malformed")]
    Malformed,
    #[error("the supervisor refused: {0}")]
    Refused(String),
    #[error("the supervisor gave an answer to another question")]
    Unexpected,
}

impl From<Malformed> for ProtocolError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl Request {
    /// The complete frame.
    #[must_use]
    pub fn to_frame(&self) -> Vec<u8> {
        let mut out = Encoder::default();
        out.u8(PROTOCOL_VERSION);
        match *self {
            Self::Hello => out.u8(0),
            Self::Wait => out.u8(1),
            Self::Signal(number) => out.u8(2).i32(number),
            Self::Stop { signal, timeout } => {
                out.u8(3).i32(signal).u64(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX))
            }
            Self::Usage => out.u8(4),
            Self::Exec => out.u8(5),
        };
        frame(&out.take())
    }

    pub(super) fn from_body(body: &[u8]) -> Result<Self, String> {
        let mut from = Decoder::new(body);
        let version = from.u8().map_err(|error| error.to_string())?;
        if version != PROTOCOL_VERSION {
            return Err(format!("protocol version {version} is not spoken here, only {PROTOCOL_VERSION}"));
        }
        Self::decode(from).map_err(|error| error.to_string())
    }

    fn decode(mut from: Decoder<'_>) -> Result<Self, Malformed> {
        let request = match from.u8()? {
            0 => Self::Hello,
            1 => Self::Wait,
            2 => Self::Signal(from.i32()?),
            3 => Self::Stop { signal: from.i32()?, timeout: Duration::from_millis(from.u64()?) },
            4 => Self::Usage,
            5 => Self::Exec,
            _ => return Err(Malformed),
        };
        from.end()?;
        Ok(request)
    }
}

impl Reply {
    pub(super) fn to_frame(&self) -> Vec<u8> {
        let mut out = Encoder::default();
        out.u8(PROTOCOL_VERSION);
        match self {
            Self::Status(status) => {
                out.u8(0).u32(status.supervisor_pid);
                status.task.encode(&mut out);
                out.u8(u8::from(status.stopping)).u8(u8::from(status.ended));
            }
            Self::Exit(exit) => exit.encode(out.u8(1)),
            Self::Usage(usage) => {
                let nanos = u64::try_from(usage.cpu_time.as_nanos()).unwrap_or(u64::MAX);
                out.u8(2).u64(nanos).u64(usage.rss_bytes).u32(usage.processes);
            }
            Self::Done => {
                out.u8(3);
            }
            Self::Refused(reason) => {
                out.u8(4).str(reason.get(..512).unwrap_or(reason));
            }
        }
        frame(&out.take())
    }

    /// Length of the body that a header announces.
    ///
    /// # Errors
    /// When it is longer than any reply.
    pub fn body_len(header: [u8; HEADER]) -> Result<usize, ProtocolError> {
        let len = u32::from_le_bytes(header) as usize;
        if len <= MAX_REPLY { Ok(len) } else { Err(ProtocolError::Malformed) }
    }

    /// Reads a body; [`Reply::Refused`] becomes the error.
    ///
    /// # Errors
    /// When the body is malformed, of another version, or a refusal.
    pub fn from_body(body: &[u8]) -> Result<Self, ProtocolError> {
        let mut from = Decoder::new(body);
        if from.u8()? != PROTOCOL_VERSION {
            return Err(ProtocolError::Malformed);
        }
        let reply = match from.u8()? {
            0 => Self::Status(Status {
                supervisor_pid: from.u32()?,
                task: ProcessIdentity::decode(&mut from)?,
                stopping: from.bool()?,
                ended: from.bool()?,
            }),
            1 => Self::Exit(TaskExit::decode(&mut from)?),
            2 => Self::Usage(TreeUsage {
                cpu_time: Duration::from_nanos(from.u64()?),
                rss_bytes: from.u64()?,
                processes: from.u32()?,
            }),
            3 => Self::Done,
            4 => return Err(ProtocolError::Refused(from.str()?)),
            _ => return Err(ProtocolError::Malformed),
        };
        from.end()?;
        Ok(reply)
    }
}

pub(super) fn frame(body: &[u8]) -> Vec<u8> {
    let mut out = Encoder::default();
    out.bytes(body);
    out.take()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body(frame: &[u8]) -> &[u8] {
        frame.get(HEADER..).unwrap_or_default()
    }

    proptest! {
        #[test]
        fn requests_round_trip(signal in any::<i32>(), millis in any::<u64>()) {
            let stop = Request::Stop { signal, timeout: Duration::from_millis(millis) };
            let others = [Request::Hello, Request::Wait, Request::Usage, Request::Exec, Request::Signal(signal)];
            for request in others.into_iter().chain([stop]) {
                let frame = request.to_frame();
                prop_assert!(frame.len() <= HEADER + MAX_REQUEST);
                prop_assert_eq!(Request::from_body(body(&frame)), Ok(request));
            }
        }

        #[test]
        fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = Request::from_body(&bytes);
            let _ = Reply::from_body(&bytes);
        }

        #[test]
        fn exits_round_trip(code in any::<i32>(), signal in any::<i32>(), finished_unix_nanos in any::<u64>()) {
            let exit = TaskExit { code, signal, finished_unix_nanos, unkillable: 7, ..TaskExit::default() };
            let read = Reply::from_body(body(&Reply::Exit(exit.clone()).to_frame()));
            prop_assert_eq!(read.ok(), Some(Reply::Exit(exit)));
        }
    }

    #[test]
    fn another_version_is_refused_by_number() {
        let refused = Request::from_body(&[9, 0]);
        assert_eq!(refused, Err("protocol version 9 is not spoken here, only 1".to_owned()));
    }

    #[test]
    fn an_announced_length_is_bounded() {
        assert!(Reply::body_len(u32::MAX.to_le_bytes()).is_err());
        assert!(Reply::body_len(1024u32.to_le_bytes()).is_ok());
    }
}
