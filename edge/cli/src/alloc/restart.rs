//! `alloc restart`: restart tasks in place.

use muster_api::table::AllocRestart as Restart;
use muster_api::views::AllocRestartRequest;

use super::choose::TaskArgs;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AllocRestart {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    which: TaskArgs,
    /// All tasks, in the order of their life cycle, also those that have ended
    #[arg(long)]
    all_tasks: bool,
}

impl Verb for AllocRestart {
    async fn run(self, shell: &mut Shell) -> Outcome {
        if self.all_tasks && self.which.names_a_task() {
            let text = "The -all-tasks option is not allowed when restarting a specific task: leave one out";
            return Err(Failure::new(text));
        }
        let client = self.connect.connect(shell)?;
        let alloc = self.which.alloc(shell, &client).await?;
        let task = self.which.named_task(&alloc)?;
        let request = AllocRestartRequest { task_name: task.unwrap_or_default(), all_tasks: self.all_tasks };
        let query = [("namespace", alloc.namespace.as_str())];
        let answer = client.send_json::<Restart>(&[&alloc.id], &query, &request).await;
        answer.map_err(|error| Failure::request("restarting allocation", &error))?;
        Ok(OK)
    }
}
