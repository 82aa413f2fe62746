//! `acl policy list`

use muster_api::table::AclPolicyList as Route;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::table::Table;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclPolicyList {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for AclPolicyList {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[], &[]).await;
        let policies = answer.map_err(|error| Failure::request("listing ACL policies", &error))?.value;
        if self.shape.print(shell, &policies)? {
            return Ok(OK);
        }
        if policies.is_empty() {
            shell.line("No policies found")?;
            return Ok(OK);
        }
        let mut table = Table::new(&["Name", "Description"]);
        for policy in policies {
            table.row(vec![policy.name, policy.description]);
        }
        shell.table(&table)?;
        Ok(OK)
    }
}
