//! `acl role delete`

use muster_api::table::AclRoleDelete as Route;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclRoleDelete {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "id")]
    id: String,
}

impl Verb for AclRoleDelete {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[&self.id], &[]).await;
        answer.map_err(|error| Failure::request("deleting ACL role", &error))?;
        shell.line(&format!("ACL role {} successfully deleted", self.id))?;
        Ok(OK)
    }
}
