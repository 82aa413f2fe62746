//! `acl role list`

use muster_api::table::AclRoleList as Route;

use super::policies;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::table::Table;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclRoleList {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for AclRoleList {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[], &[]).await;
        let roles = answer.map_err(|error| Failure::request("listing ACL roles", &error))?.value;
        if self.shape.print(shell, &roles)? {
            return Ok(OK);
        }
        if roles.is_empty() {
            shell.line("No ACL roles found")?;
            return Ok(OK);
        }
        let mut table = Table::new(&["ID", "Name", "Description", "Policies"]);
        for role in roles {
            let policies = policies(&role);
            table.row(vec![role.id, role.name, role.description, policies]);
        }
        shell.table(&table)?;
        Ok(OK)
    }
}
