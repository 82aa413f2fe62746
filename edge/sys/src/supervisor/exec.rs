//! A command run beside a task, in the task's environment, as its account, in its directory and cgroups.
//!
//! ```text
//!   agent ──Exec──▶ supervisor ──fork──▶ keeper ──fork, exec──▶ command (own session)
//!     │                                    │  ▲ reaps every orphan of the command
//!     └── descriptors, ExecSpec ──────────▶┘
//!     ◀── how it started, ExecExit ────────┘
//! ```
//!
//! The connection that asked becomes the keeper's. Its end, however it comes, is the end of the command: every process
//! of it gets SIGHUP, and soon SIGKILL. The agent holds the other ends of the command's pipes or terminal, so its bytes
//! pass through neither supervisor nor keeper.

use super::protocol::ProtocolError;
use super::spec::StartError;
#[cfg(target_os = "linux")]
use super::wire::{Decoder, Encoder, Malformed};

/// The longest encoded [`ExecSpec`].
pub const MAX_EXEC: usize = 256 << 10;

/// What to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecSpec {
    /// The program and its arguments. A program without `/` is looked for in the task's `PATH`; a relative path counts
    /// from the task's directory.
    pub argv: Vec<String>,
    /// Whether it gets a terminal instead of three pipes.
    pub tty: bool,
}

/// How it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExecExit {
    /// 128 + n after signal n, as shells have it.
    pub code: i32,
    /// The signal that ended it; 0 when it exited by itself.
    pub signal: i32,
}

/// Why a command does not run.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    #[error("the command's pipes or terminal cannot be made: {0}")]
    Io(#[from] std::io::Error),
    #[error("the command of {0} bytes is longer than {MAX_EXEC}")]
    TooLong(usize),
}

#[cfg(target_os = "linux")]
impl ExecSpec {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Encoder::default();
        out.u8(u8::from(self.tty)).list(&self.argv, |out, arg| {
            out.str(arg);
        });
        out.take()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut from = Decoder::new(bytes);
        let spec = Self { tty: from.bool()?, argv: from.list(Decoder::str)? };
        from.end()?;
        Ok(spec)
    }

    /// Descriptors that travel with it: the terminal, or the three pipes.
    pub(super) const fn descriptors(&self) -> usize {
        if self.tty { 1 } else { 3 }
    }
}

impl ExecExit {
    /// Bytes of an encoded one.
    pub const SIZE: usize = 8;

    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::SIZE] {
        let ([a, b, c, d], [e, f, g, h]) = (self.code.to_le_bytes(), self.signal.to_le_bytes());
        [a, b, c, d, e, f, g, h]
    }

    #[must_use]
    pub fn from_bytes([a, b, c, d, e, f, g, h]: [u8; Self::SIZE]) -> Self {
        Self { code: i32::from_le_bytes([a, b, c, d]), signal: i32::from_le_bytes([e, f, g, h]) }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn specifications_and_exits_round_trip(
            argv in prop::collection::vec(".*", 0..4),
            tty in any::<bool>(),
            code in any::<i32>(),
            signal in any::<i32>(),
        ) {
            let spec = ExecSpec { argv, tty };
            prop_assert_eq!(ExecSpec::decode(&spec.encode()), Ok(spec));
            let exit = ExecExit { code, signal };
            prop_assert_eq!(ExecExit::from_bytes(exit.to_bytes()), exit);
        }

        #[test]
        fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = ExecSpec::decode(&bytes);
        }
    }
}
