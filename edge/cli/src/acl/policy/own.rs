//! `acl policy self`: the policies behind the token in use.

use muster_api::table::AclPolicySelf as Route;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::table::Table;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AclPolicySelf {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for AclPolicySelf {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let answer = client.get::<Route>(&[], &[]).await;
        let policies = answer.map_err(|error| Failure::request("fetching own policies", &error))?.value;
        if self.shape.print(shell, &policies)? {
            return Ok(OK);
        }
        if policies.is_empty() {
            shell.line("No policies found")?;
            return Ok(OK);
        }
        let mut table = Table::new(&["Name", "Job ID", "Group Name", "Task Name"]);
        for policy in policies {
            let bound = policy.job_acl.unwrap_or_default();
            table.row(vec![policy.name, bound.job_id, bound.group, bound.task]);
        }
        shell.table(&table)?;
        Ok(OK)
    }
}
