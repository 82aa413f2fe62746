//! `alloc signal`: send a signal to tasks.

use muster_api::table::AllocSignal as Send;
use muster_api::views::AllocSignalRequest;

use super::choose::{Choice, named_task};
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AllocSignal {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "alloc")]
    alloc: String,
    #[arg(value_name = "task")]
    task: Option<String>,
    /// Signal
    #[arg(long = "s", value_name = "SIGNAL", default_value = "SIGKILL")]
    signal: String,
    /// Task; every one that runs by default
    #[arg(long = "task", value_name = "TASK", id = "task-flag")]
    task_flag: Option<String>,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
}

impl Verb for AllocSignal {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let choice = Choice { text: &self.alloc, job: false, group: None, verbose: self.verbose };
        let alloc = choice.alloc(shell, &client).await?;
        let task = named_task(&alloc, self.task.as_deref(), self.task_flag.as_deref(), self.verbose)?;
        let request = AllocSignalRequest { task: task.unwrap_or_default(), signal: self.signal };
        let query = [("namespace", alloc.namespace.as_str())];
        let answer = client.send_json::<Send>(&[&alloc.id], &query, &request).await;
        answer.map_err(|error| Failure::request("signalling allocation", &error))?;
        Ok(OK)
    }
}
