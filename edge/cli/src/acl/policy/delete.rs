//! `acl policy delete`

use muster_api::table::AclPolicyDelete as Route;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclPolicyDelete {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "name")]
    name: String,
}

impl Verb for AclPolicyDelete {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[&self.name], &[]).await;
        answer.map_err(|error| Failure::request("deleting policy", &error))?;
        shell.line(&format!("Successfully deleted {} policy!", self.name))?;
        Ok(OK)
    }
}
