//! `deployment unblock`: for deployments over several regions, which this version does not have.

use muster_api::table::DeploymentUnblock as Unblock;
use muster_api::views::DeploymentUnblockRequest;

use super::After;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct DeploymentUnblock {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "deployment")]
    deployment: String,
    /// Return at once, without watching the evaluation
    #[arg(long)]
    detach: bool,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
}

impl Verb for DeploymentUnblock {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let deployment = super::find(&client, &self.deployment).await?;
        let request = DeploymentUnblockRequest { deployment_id: deployment.id.clone() };
        let answer = client.send_json::<Unblock>(&[&deployment.id], &[], &request).await;
        let answer = answer.map_err(|error| Failure::request("unblocking deployment", &error))?.value;
        shell.line(&format!("Deployment \"{}\" unblocked", deployment.id))?;
        let after = After { detach: self.detach, verbose: self.verbose, goes_on: true };
        after.watch(shell, &client, &answer.eval_id).await
    }
}
