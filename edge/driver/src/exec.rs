//! Commands run beside a task: what is asked for, and what comes back.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use muster_sys::pty::TtySize;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::DriverError;

/// What to run, as the task's account, in its environment and directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecRequest {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The size of the terminal it gets; `None` gives it three pipes.
    pub tty: Option<TtySize>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExecExit {
    /// 128 + n after signal n.
    pub exit_code: i32,
    /// The signal that ended it; 0 when it exited by itself.
    pub signal: i32,
}

pub type ExecInput = Box<dyn AsyncWrite + Send + Unpin>;
pub type ExecOutput = Box<dyn AsyncRead + Send + Unpin>;
pub type Resize = Arc<dyn Fn(TtySize) -> io::Result<()> + Send + Sync>;

/// A running command. Dropping `exit` ends it and everything it started.
pub struct ExecSession {
    /// `shutdown` and drop end the command's input; on a terminal, `shutdown` types its end-of-file key.
    pub stdin: ExecInput,
    pub stdout: ExecOutput,
    /// `None` with a terminal, on which both are one.
    pub stderr: Option<ExecOutput>,
    /// `None` without a terminal.
    pub resize: Option<Resize>,
    /// Resolves when its main process has ended, which may be before all of its output has been read.
    pub exit: Pin<Box<dyn Future<Output = Result<ExecExit, DriverError>> + Send>>,
}

impl std::fmt::Debug for ExecSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExecSession").field("tty", &self.resize.is_some()).finish_non_exhaustive()
    }
}
