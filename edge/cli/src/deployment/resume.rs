//! `deployment resume`: let a rollout go on.

use muster_api::table::DeploymentPause as Pause;
use muster_api::views::DeploymentPauseRequest;

use super::Change;
use crate::failure::{Failure, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct DeploymentResume {
    #[command(flatten)]
    change: Change,
}

impl Verb for DeploymentResume {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let (client, deployment) = self.change.find(shell).await?;
        let request = DeploymentPauseRequest { deployment_id: deployment.id.clone(), pause: false };
        let answer = client.send_json::<Pause>(&[&deployment.id], &[], &request).await;
        let answer = answer.map_err(|error| Failure::request("resuming deployment", &error))?.value;
        shell.line(&format!("Deployment \"{}\" resumed", deployment.id))?;
        self.change.watch.evaluation(shell, &client, &answer.eval_id).await
    }
}
