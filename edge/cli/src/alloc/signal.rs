//! `alloc signal`: send a signal to tasks.

use muster_api::table::AllocSignal as Send;
use muster_api::views::AllocSignalRequest;

use super::choose::TaskArgs;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AllocSignal {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    which: TaskArgs,
    /// Signal
    #[arg(long = "s", value_name = "SIGNAL", default_value = "SIGKILL")]
    signal: String,
}

impl Verb for AllocSignal {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let alloc = self.which.alloc(shell, &client).await?;
        let task = self.which.named_task(&alloc)?;
        let request = AllocSignalRequest { task: task.unwrap_or_default(), signal: self.signal };
        let query = [("namespace", alloc.namespace.as_str())];
        let answer = client.send_json::<Send>(&[&alloc.id], &query, &request).await;
        answer.map_err(|error| Failure::request("signalling allocation", &error))?;
        Ok(OK)
    }
}
