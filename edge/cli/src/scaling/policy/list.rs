//! `scaling policy list`

use muster_api::table::ScalingPolicyList as Route;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct ScalingPolicyList {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Only those of this job
    #[arg(long, value_name = "JOB", default_value = "")]
    job: String,
    /// Only those whose type begins like this
    #[arg(long = "type", value_name = "TYPE", default_value = "")]
    kind: String,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for ScalingPolicyList {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let query = [("job", self.job.as_str()), ("type", self.kind.as_str())];
        let query: Vec<_> = query.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let answer = client.get::<Route>(&[], &query).await;
        let policies = answer.map_err(|error| Failure::request("listing scaling policies", &error))?.value;
        match () {
            () if self.shape.print(shell, &policies)? => {}
            () if policies.is_empty() => shell.line("No policies found")?,
            () => shell.table(&super::table(&policies, self.verbose))?,
        }
        Ok(OK)
    }
}
