//! The command line: `parse` turns arguments into an [`Invocation`], `execute` carries out everything that talks to
//! an agent over HTTP.
//!
//! ```text
//!   argv --rows--> the one command --argv--> clap --> Invocation --execute--> muster-sdk --> renderers --> Shell
//! ```
//!
//! Running an agent is the binary's business: this crate only reads the flags of `agent` and `demo`. Commands get
//! their data through `muster-sdk`, never reach into a server, and print through a `Shell` alone.

mod acl;
mod agent;
mod agent_info;
mod agent_monitor;
mod alloc;
mod argv;
mod command;
mod complete;
mod confirm;
mod connect;
#[cfg(test)]
mod contract;
mod demo;
mod deployment;
mod diff;
mod env;
mod eval;
mod failure;
mod fmt;
mod help;
mod ids;
mod job;
mod json;
mod keyvalue;
mod metrics;
mod monitor;
mod namespace;
mod node;
mod operator;
mod page;
mod parse;
mod scaling;
mod secret;
mod server;
mod shape;
mod shell;
mod size;
mod status;
mod system;
mod table;
#[cfg(test)]
mod testing;
mod time;
mod tls;
mod unbuilt;
mod verb;
mod version;

pub use agent::AgentFlags;
pub use command::Command;
pub use demo::DemoFlags;
pub use parse::{Invocation, parse};
pub use secret::Secret;

/// Carries out a command on standard input, output and error; the answer is the exit code.
pub async fn execute(command: Command) -> u8 {
    let mut shell = shell::Shell::standard();
    let outcome = Box::pin(command.run(&mut shell)).await;
    shell.finish(outcome)
}
