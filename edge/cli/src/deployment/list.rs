//! `deployment list`

use muster_api::table::DeploymentList as List;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct DeploymentList {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    shape: Shape,
    /// Only those of which this expression is true
    #[arg(long, value_name = "EXPRESSION")]
    filter: Option<String>,
}

impl DeploymentList {
    pub(super) const fn of(connect: ConnectArgs, shape: Shape, verbose: bool) -> Self {
        Self { connect, verbose, shape, filter: None }
    }
}

impl Verb for DeploymentList {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let query = self.filter.as_deref().map(|filter| ("filter", filter));
        let answer = client.get::<List>(&[], query.as_slice()).await;
        let found = answer.map_err(|error| Failure::request("retrieving deployments", &error))?.value;
        if self.shape.print(shell, &found)? {
            return Ok(OK);
        }
        if found.is_empty() {
            shell.line("No deployments found")?;
        } else {
            shell.table(&super::list_table(&found, self.verbose))?;
        }
        Ok(OK)
    }
}
