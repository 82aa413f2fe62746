//! `acl token delete`

use muster_api::table::AclTokenDelete as Route;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclTokenDelete {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "accessor")]
    accessor: String,
}

impl Verb for AclTokenDelete {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[&self.accessor], &[]).await;
        answer.map_err(|error| Failure::request("deleting token", &error))?;
        shell.line(&format!("Token {} successfully deleted", self.accessor))?;
        Ok(OK)
    }
}
