//! A command run beside a task, for as long as both ends stay.
//!
//! ```text
//!   server ── Stdin*, CloseStdin, Resize* ──▶ agent
//!          ◀── StdinTaken*, Stdout*, Stderr*, their ends, Exited ──
//! ```
//!
//! What the server sends and the command has not taken yet is at most [`EXEC_WINDOW`] bytes: so the agent always reads
//! what it is sent, and hears at once when the server goes away. What the command prints is held back by the stream's
//! own window. The end of the stream, however it comes, is the end of the command.

use bytes::Bytes;
use muster_ids::{AllocId, TaskName};
use serde::{Deserialize, Serialize};

/// Bytes of input on their way to a command.
pub const EXEC_WINDOW: usize = 256 << 10;
/// No piece of input or output is larger.
pub const EXEC_PIECE: usize = 64 << 10;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskExec {
    pub alloc_id: AllocId,
    pub task: TaskName,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// It is the job's own: references in it are resolved as in the task's configuration.
    #[serde(default)]
    pub resolve: bool,
    /// Whether it gets a terminal.
    #[serde(default)]
    pub tty: bool,
}

/// To the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExecInput {
    Stdin(Bytes),
    CloseStdin,
    /// The size of its terminal.
    Resize {
        height: u16,
        width: u16,
    },
}

/// From the command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExecOutput {
    Stdout(Bytes),
    StdoutEnd,
    Stderr(Bytes),
    StderrEnd,
    /// As many more bytes of input may be sent.
    StdinTaken(u32),
    /// The last item.
    Exited(ExecExited),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecExited {
    pub exit_code: i32,
    #[serde(default)]
    pub signal: i32,
    #[serde(default)]
    pub oom_killed: bool,
}
