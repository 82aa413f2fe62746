//! `acl token info`

use muster_api::table::AclTokenRead;

use super::show;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclTokenInfo {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "accessor")]
    accessor: String,
}

impl Verb for AclTokenInfo {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<AclTokenRead>(&[&self.accessor], &[]).await;
        let token = answer.map_err(|error| Failure::request("fetching token", &error))?.value;
        show(shell, &token, &Shape::default())?;
        Ok(OK)
    }
}
