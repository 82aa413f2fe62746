//! `deployment fail`: give a rollout up.

use muster_api::table::DeploymentFail as Fail;

use super::Change;
use crate::failure::{Failure, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct DeploymentFail {
    #[command(flatten)]
    change: Change,
}

impl Verb for DeploymentFail {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let (client, deployment) = self.change.find(shell).await?;
        let answer = client.get::<Fail>(&[&deployment.id], &[]).await;
        let answer = answer.map_err(|error| Failure::request("failing deployment", &error))?.value;
        let back = answer.reverted_job_version;
        let back =
            back.map(|version| format!(". Auto-reverted to job version {version}.")).unwrap_or_default();
        shell.line(&format!("Deployment \"{}\" failed{back}", deployment.id))?;
        if !self.change.watch.detach && !answer.eval_id.is_empty() {
            shell.blank()?;
        }
        self.change.watch.evaluation_alone(shell, &client, &answer.eval_id).await
    }
}
