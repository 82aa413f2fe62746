//! A shell whose output can be read, for the tests of this crate.

pub(crate) mod agent;

use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use crate::Invocation;
use crate::env::Env;
use crate::failure::Failure;
use crate::parse::{Read, read};
use crate::shell::Shell;
use crate::time::Clock;

/// 1970-01-01T00:16:40Z
pub(crate) const NOW: i64 = 1_000_000_000_000;

#[derive(Clone, Default)]
pub(crate) struct Captured {
    out: Buffer,
    err: Buffer,
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Ok(mut buffer) = self.0.lock() {
            buffer.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Buffer {
    fn text(&self) -> String {
        self.0.lock().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }
}

impl Captured {
    pub(crate) fn out(&self) -> String {
        self.out.text()
    }

    pub(crate) fn err(&self) -> String {
        self.err.text()
    }
}

/// Runs a command line against canned answers: exit code, standard output, standard error.
pub(crate) async fn run(agent: &agent::Agent, args: &[&str]) -> (u8, String, String) {
    let (mut shell, captured) = shell();
    let code = run_in(&mut shell, agent, args).await;
    (code, captured.out(), captured.err())
}

/// As [`run`], in a shell prepared by the caller. A usage error is its text and exit code.
pub(crate) async fn run_in(shell: &mut Shell, agent: &agent::Agent, args: &[&str]) -> u8 {
    shell.env.set("NOMAD_ADDR", agent.address());
    let line = std::iter::once("muster").chain(args.iter().copied()).map(OsString::from).collect();
    match read(line) {
        Read::Invocation(Invocation::Command(command)) => {
            let outcome = Box::pin(command.run(shell)).await;
            shell.finish(outcome)
        }
        other => {
            let text = format!("{other:?}");
            shell.finish(Err(Failure::new(text)))
        }
    }
}

pub(crate) fn shell() -> (Shell, Captured) {
    let captured = Captured::default();
    let shell = Shell {
        out: Box::new(captured.out.clone()),
        err: Box::new(captured.err.clone()),
        input: Box::new(io::empty()),
        env: Env::default(),
        clock: Clock::fixed(NOW),
        program: "muster".to_owned(),
        terminal: false,
        interactive: false,
        bold: false,
    };
    (shell, captured)
}
