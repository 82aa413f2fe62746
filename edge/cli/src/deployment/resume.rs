//! `deployment resume`: let a rollout go on.

use muster_api::table::DeploymentPause as Pause;
use muster_api::views::DeploymentPauseRequest;

use super::After;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct DeploymentResume {
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

impl Verb for DeploymentResume {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let deployment = super::find(&client, &self.deployment).await?;
        let request = DeploymentPauseRequest { deployment_id: deployment.id.clone(), pause: false };
        let answer = client.send_json::<Pause>(&[&deployment.id], &[], &request).await;
        let answer = answer.map_err(|error| Failure::request("resuming deployment", &error))?.value;
        shell.line(&format!("Deployment \"{}\" resumed", deployment.id))?;
        let after = After { detach: self.detach, verbose: self.verbose, goes_on: true };
        after.watch(shell, &client, &answer.eval_id).await
    }
}
