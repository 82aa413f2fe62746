//! `acl role info`

use muster_api::table::{AclRoleRead, AclRoleReadByName};

use super::show;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclRoleInfo {
    #[command(flatten)]
    connect: ConnectArgs,
    /// The argument is the role's name, not its id
    #[arg(long)]
    by_name: bool,
    #[command(flatten)]
    shape: Shape,
    #[arg(value_name = "id")]
    id: String,
}

impl Verb for AclRoleInfo {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = match self.by_name {
            true => client.get::<AclRoleReadByName>(&[&self.id], &[]).await,
            false => client.get::<AclRoleRead>(&[&self.id], &[]).await,
        };
        let role = answer.map_err(|error| Failure::request("reading ACL role", &error))?.value;
        show(shell, &role, &self.shape)?;
        Ok(OK)
    }
}
