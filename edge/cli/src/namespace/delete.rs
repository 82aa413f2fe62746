//! `namespace delete`: forget a namespace in which nothing runs.

use muster_api::table::NamespaceDelete as Route;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct NamespaceDelete {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "namespace")]
    name: String,
}

impl Verb for NamespaceDelete {
    /// The whole name is needed: a beginning would be too little to delete by.
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[&self.name], &[]).await;
        answer.map_err(|error| Failure::request("deleting namespace", &error))?;
        shell.line(&format!("Successfully deleted namespace \"{}\"!", self.name))?;
        Ok(OK)
    }
}
