//! `node pool delete`: forget a pool that nothing is in.

use muster_api::table::NodePoolDelete as Route;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NodePoolDelete {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "pool")]
    pool: String,
}

impl Verb for NodePoolDelete {
    /// The whole name is needed: a beginning would be too little to delete by.
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[&self.pool], &[]).await;
        answer.map_err(|error| Failure::request("deleting node pool", &error))?;
        shell.line(&format!("Successfully deleted node pool \"{}\"!", self.pool))?;
        Ok(OK)
    }
}
