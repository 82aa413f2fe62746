//! A command beside a task, its input and output being ours, until it ends or the user leaves.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use muster_sdk::{ExecEvent, ExecReceiver, ExecSender, SdkError};
use muster_sys::terminal::{self, RawTerminal};
use tokio::time::{Instant, interval_at};

use super::escape::{Escape, Typed};
use super::keyboard::{Input, Resizes};
use crate::argv::go_bool;
use crate::failure::{Failure, Outcome};
use crate::shell::Shell;

/// A connection on which nobody types shows that it is alive this often.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// What the user wants the command to get of the terminal.
#[derive(Debug, clap::Args)]
pub(crate) struct TerminalArgs {
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
}

/// What the command gets of our terminal.
pub(crate) struct Terminal {
    stdin: bool,
    /// Whether it gets one of its own.
    pub tty: bool,
    on_terminal: bool,
    escape: Option<Escape>,
}

impl TerminalArgs {
    /// # Errors
    /// When a terminal is wanted without standard input, or the escape is no character.
    pub(crate) fn open(&self, shell: &Shell) -> Result<Terminal, Failure> {
        let (stdin, escape) = (self.stdin, Escape::parse(&self.escape)?);
        let on_terminal = shell.terminal && std::io::stdin().is_terminal();
        let tty = self.tty.unwrap_or(on_terminal && stdin);
        if tty && !stdin {
            return Err(Failure::new(
                "-i must be enabled if running with tty: leave out -i=false, or add -t=false",
            ));
        }
        Ok(Terminal { stdin, tty, on_terminal, escape })
    }
}

pub(crate) fn failed(error: &SdkError) -> Failure {
    Failure::new(format!("failed to exec into task: {error}"))
}

/// Passes everything on; the command's exit code is ours.
pub(crate) async fn run(
    (sender, mut receiver): (ExecSender, ExecReceiver),
    terminal: Terminal,
    shell: &mut Shell,
) -> Outcome {
    let Terminal { stdin, tty, on_terminal, escape } = terminal;
    let raw = (tty && on_terminal).then(RawTerminal::enter).transpose();
    let raw = raw.map_err(|error| Failure::new(format!("cannot take over the terminal: {error}")))?;
    let input = match stdin {
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
        Some(Err(Ended::Connection(error))) => Err(failed(&error)),
        Some(Err(Ended::Output(error))) => Err(error.into()),
        None => Err(Failure::new("\nConnection closed")),
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
