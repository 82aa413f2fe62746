//! `alloc restart`: restart tasks in place.

use muster_api::table::AllocRestart as Restart;
use muster_api::views::AllocRestartRequest;

use super::choose::{Choice, named_task};
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AllocRestart {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "alloc")]
    alloc: String,
    #[arg(value_name = "task")]
    task: Option<String>,
    /// Task; every one that runs by default
    #[arg(long = "task", value_name = "TASK", id = "task-flag")]
    task_flag: Option<String>,
    /// All tasks, in the order of their life cycle, also those that have ended
    #[arg(long)]
    all_tasks: bool,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
}

impl Verb for AllocRestart {
    async fn run(self, shell: &mut Shell) -> Outcome {
        if self.all_tasks && (self.task.is_some() || self.task_flag.is_some()) {
            let text = "The -all-tasks option is not allowed when restarting a specific task: leave one out";
            return Err(Failure::new(text));
        }
        let client = self.connect.connect(shell)?;
        let choice = Choice { text: &self.alloc, job: false, group: None, verbose: self.verbose };
        let alloc = choice.alloc(shell, &client).await?;
        let task = named_task(&alloc, self.task.as_deref(), self.task_flag.as_deref(), self.verbose)?;
        let request = AllocRestartRequest { task_name: task.unwrap_or_default(), all_tasks: self.all_tasks };
        let query = [("namespace", alloc.namespace.as_str())];
        let answer = client.send_json::<Restart>(&[&alloc.id], &query, &request).await;
        answer.map_err(|error| Failure::request("restarting allocation", &error))?;
        Ok(OK)
    }
}
