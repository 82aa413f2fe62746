//! `alloc exec`: a command beside a task, as if it ran here. Its exit code is ours.

mod escape;
mod keyboard;
pub(crate) mod session;

use muster_sdk::ExecRequest;

use super::choose::{OfJob, named_task, one_task};
use crate::connect::ConnectArgs;
use crate::failure::Outcome;
use crate::shell::Shell;
use crate::verb::Verb;
use session::TerminalArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct AllocExec {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    of_job: OfJob,
    /// Task; the only one by default
    #[arg(long, value_name = "TASK")]
    task: Option<String>,
    #[command(flatten)]
    terminal: TerminalArgs,
    #[arg(value_name = "alloc", required = true)]
    alloc: String,
    #[arg(value_name = "command", required = true, num_args = 1.., trailing_var_arg = true,
          allow_hyphen_values = true)]
    command: Vec<String>,
}

impl Verb for AllocExec {
    async fn run(mut self, shell: &mut Shell) -> Outcome {
        let terminal = self.terminal.open(shell)?;
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
            tty: terminal.tty,
        };
        let running = client.exec(request).await.map_err(|error| session::failed(&error))?;
        session::run(running, terminal, shell).await
    }
}
