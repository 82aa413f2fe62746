//! `system reconcile summaries`: recompute the counts of all jobs.

use muster_api::table::SystemReconcileSummaries as Route;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct SystemReconcile {
    #[command(flatten)]
    connect: ConnectArgs,
}

impl Verb for SystemReconcile {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[], &[]).await;
        answer.map_err(|error| Failure::request("running system summary reconciliation", &error))?;
        Ok(OK)
    }
}
