//! Commands beside a mock task: whatever is asked for, its `exec_command` block says what comes of it. The command
//! `showinput` prints what it was given instead.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use crate::{ExecExit, ExecRequest, ExecSession};

/// Bytes on their way in each direction.
const BUFFER: usize = 64 << 10;
/// Of the input that `showinput` shows.
const MAX_SHOWN: u64 = 1 << 20;

/// The `exec_command` block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecPlan {
    pub run_for: Duration,
    pub exit_code: i32,
    pub exit_signal: i32,
    pub stdout: String,
    pub stderr: String,
}

pub fn run(plan: &ExecPlan, request: &ExecRequest) -> ExecSession {
    let ((stdin, input), (stdout, output), (stderr, errors)) =
        (duplex(BUFFER), duplex(BUFFER), duplex(BUFFER));
    let tty = request.tty.is_some();
    let shows_input = request.command == ["showinput"];
    let command = Box::pin(command(plan.clone(), shows_input.then_some(tty), input, output, errors));
    ExecSession {
        stdin: Box::new(stdin),
        stdout: Box::new(stdout),
        stderr: (!tty).then(|| Box::new(stderr) as _),
        resize: tty.then(|| std::sync::Arc::new(|_| Ok(())) as _),
        exit: Box::pin(async move { Ok(command.await) }),
    }
}

/// A reader that went away is no reason to end otherwise than planned.
async fn command(
    plan: ExecPlan,
    shows_input: Option<bool>,
    input: DuplexStream,
    mut output: DuplexStream,
    mut errors: DuplexStream,
) -> ExecExit {
    let mut text = plan.stdout;
    if let Some(tty) = shows_input {
        let mut shown = Vec::new();
        let _ = input.take(MAX_SHOWN).read_to_end(&mut shown).await;
        text = format!("TTY: {tty}\nStdin:\n{}\n", String::from_utf8_lossy(&shown));
    }
    let _ = output.write_all(text.as_bytes()).await;
    let _ = errors.write_all(plan.stderr.as_bytes()).await;
    tokio::time::sleep(plan.run_for).await;
    ExecExit { exit_code: plan.exit_code, signal: plan.exit_signal }
}
