//! The command line: `parse` turns arguments into an [`Invocation`], `execute` carries out everything that talks to
//! an agent over HTTP.
//!
//! Running an agent is the binary's business: this crate only reads the flags of `agent` and `demo`. Commands get
//! their data through `muster-sdk` and never reach into a server.

mod agent;
mod command;
mod demo;
mod secret;

pub use agent::AgentFlags;
pub use command::Command;
pub use demo::DemoFlags;
pub use secret::Secret;

use std::ffi::OsString;

/// What the user asked for.
#[derive(Debug)]
pub enum Invocation {
    /// Run an agent until it is told to stop.
    Agent(AgentFlags),
    /// Run an agent and a first job to look at.
    Demo(DemoFlags),
    /// Talk to a running agent: pass it to [`execute`].
    Command(Command),
    /// Help, version or a usage error has been printed: exit with this code.
    Done(u8),
}

/// Reads the arguments, the program's name first. Builds the parser of the one command that is asked for, nothing
/// else, since an agent's start-up passes through here too.
#[must_use]
pub fn parse(_args: Vec<OsString>) -> Invocation {
    Invocation::Done(1)
}

/// Carries out a command on standard input, output and error; the answer is the exit code.
pub async fn execute(command: Command) -> u8 {
    command.run().await
}
