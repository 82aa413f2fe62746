//! `alloc exec`: a command beside a task, as if it ran here. Its exit code is ours.

mod escape;
mod keyboard;

use std::io::{IsTerminal, Write};
use std::time::Duration;

use muster_sdk::{ExecEvent, ExecReceiver, ExecRequest, ExecSender, SdkError};
use muster_sys::terminal::{self, RawTerminal};
use tokio::time::{Instant, interval_at};

use super::choose::{OfJob, named_task, one_task};
use crate::argv::go_bool;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;
use escape::{Escape, Typed};
use keyboard::{Input, Resizes};

/// A connection on which nobody types shows that it is alive this often.
const HEARTBEAT: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
pub(crate) struct AllocExec {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    of_job: OfJob,
    /// Task; the only one by default
    #[arg(long, value_name = "TASK")]
    task: Option<String>,
    /// Pass standard input on; on unless -i=false
    #[arg(long = "i", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "true", value_parser = go_bool, action = clap::ArgAction::Set)]
    stdin: bool,
    /// Give the command a terminal; on when this is run on one
    #[arg(long = "t", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          value_parser = go_bool, action = clap::ArgAction::Set)]
    tty: Option<bool>,
    /// At the beginning of a line, this and a dot end the connection; `none` turns that off
    #[arg(long = "e", value_name = "CHAR", default_value = "~")]
    escape: String,
    #[arg(value_name = "alloc", required = true)]
    alloc: String,
    #[arg(value_name = "command", required = true, num_args = 1.., trailing_var_arg = true,
          allow_hyphen_values = true)]
    command: Vec<String>,
}

impl Verb for AllocExec {
    async fn run(mut self, shell: &mut Shell) -> Outcome {
        let escape = Escape::parse(&self.escape)?;
        let on_terminal = shell.terminal && std::io::stdin().is_terminal();
        let tty = self.tty.unwrap_or(on_terminal && self.stdin);
        if tty && !self.stdin {
            return Err(Failure::new(
                "-i must be enabled if running with tty: leave out -i=false, or add -t=false",
            ));
        }
        // Written by those whose fingers know other tools.
        if self.command.len() > 1 && self.command.first().is_some_and(|word| word == "--") {
            self.command.remove(0);
        }
        let client = self.connect.connect(shell)?;
        let alloc = self.of_job.alloc(shell, &client, &self.alloc, false).await?;
        let task = one_task(&alloc, named_task(&alloc, None, self.task.as_deref(), false)?, false)?;
        let request = ExecRequest {
            alloc: &alloc.id,
            namespace: &alloc.namespace,
            task: &task,
            command: &self.command,
            tty,
        };
        let failed = |error: SdkError| Failure::new(format!("failed to exec into task: {error}"));
        let (sender, mut receiver) = client.exec(request).await.map_err(failed)?;
        let raw = (tty && on_terminal).then(RawTerminal::enter).transpose();
        let raw = raw.map_err(|error| Failure::new(format!("cannot take over the terminal: {error}")))?;
        let input = match self.stdin {
            true => Input::of(std::mem::replace(&mut shell.input, Box::new(std::io::empty()))),
            false => Input::closed(),
        };
        let up = Up { sender, input, escape: escape.filter(|_| raw.is_some()), sized: raw.is_some() };
        let ended = tokio::select! {
            code = down(&mut receiver, shell) => Some(code),
            () = up.run() => None,
        };
        // Before anything is printed: what follows is read on an ordinary terminal.
        drop(raw);
        match ended {
            Some(Ok(code)) => Ok(code),
            Some(Err(Ended::Connection(error))) => Err(failed(error)),
            Some(Err(Ended::Output(error))) => Err(error.into()),
            None => Err(Failure::new("\nConnection closed")),
        }
    }
}

enum Ended {
    Connection(SdkError),
    Output(std::io::Error),
}

/// Prints until the command has ended; its exit code.
async fn down(receiver: &mut ExecReceiver, shell: &mut Shell) -> Result<u8, Ended> {
    loop {
        let print = |to: &mut dyn Write, data: &[u8]| {
            to.write_all(data).and_then(|()| to.flush()).map_err(Ended::Output)
        };
        match receiver.next().await.map_err(Ended::Connection)? {
            ExecEvent::Stdout(data) => print(&mut shell.out, &data)?,
            ExecEvent::Stderr(data) => print(&mut shell.err, &data)?,
            // Only a process of another system has more than 8 bits of it; none of them may look like success.
            ExecEvent::Exited(result) => return Ok(u8::try_from(result.exit_code).unwrap_or(255)),
        }
    }
}

struct Up {
    sender: ExecSender,
    input: Input,
    escape: Option<Escape>,
    /// Whether the command is told the size of our terminal.
    sized: bool,
}

impl Up {
    /// Passes on what is typed until the user wants to leave.
    async fn run(mut self) {
        if self.converse().await.is_err() {
            // The connection is gone, and whoever reads from it knows why.
            std::future::pending::<()>().await;
        }
    }

    async fn converse(&mut self) -> Result<(), SdkError> {
        let mut resizes = Resizes::new(self.sized);
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        self.tell_size().await?;
        loop {
            tokio::select! {
                data = self.input.next() => match data {
                    Some(data) => if self.typed(data).await? { return Ok(()) },
                    None => self.sender.close_stdin().await?,
                },
                () = resizes.next() => self.tell_size().await?,
                _ = heartbeat.tick() => self.sender.heartbeat().await?,
            }
        }
    }

    async fn tell_size(&mut self) -> Result<(), SdkError> {
        match terminal::size().filter(|_| self.sized) {
            Some(size) => self.sender.resize(size.height, size.width).await,
            None => Ok(()),
        }
    }

    /// Whether that was the wish to leave.
    async fn typed(&mut self, data: Vec<u8>) -> Result<bool, SdkError> {
        let Some(escape) = &mut self.escape else {
            self.sender.stdin(&data).await?;
            return Ok(false);
        };
        let Typed { keys, leave } = escape.typed(&data);
        self.sender.stdin(&keys).await?;
        Ok(leave)
    }
}
