//! `operator join-token delete`: nobody joins with a token any more.

use muster_api::table::JoinTokenDelete as Route;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JoinTokenDelete {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "id")]
    id: String,
}

impl Verb for JoinTokenDelete {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[&self.id], &[]).await;
        answer.map_err(|error| Failure::request("deleting join token", &error))?;
        shell.line(&format!("Join token {} is no longer good for anything", self.id))?;
        Ok(OK)
    }
}
