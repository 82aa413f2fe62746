//! `deployment pause`: hold a rollout.

use muster_api::table::DeploymentPause as Pause;
use muster_api::views::DeploymentPauseRequest;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct DeploymentPause {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "deployment")]
    deployment: String,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
}

impl Verb for DeploymentPause {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let deployment = super::find(&client, &self.deployment).await?;
        let request = DeploymentPauseRequest { deployment_id: deployment.id.clone(), pause: true };
        let answer = client.send_json::<Pause>(&[&deployment.id], &[], &request).await;
        answer.map_err(|error| Failure::request("pausing deployment", &error))?;
        shell.line(&format!("Deployment \"{}\" paused", deployment.id))?;
        Ok(OK)
    }
}
