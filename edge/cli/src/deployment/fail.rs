//! `deployment fail`: give a rollout up.

use muster_api::table::DeploymentFail as Fail;

use super::After;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct DeploymentFail {
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

impl Verb for DeploymentFail {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let deployment = super::find(&client, &self.deployment).await?;
        let answer = client.get::<Fail>(&[&deployment.id], &[]).await;
        let answer = answer.map_err(|error| Failure::request("failing deployment", &error))?.value;
        let back = answer.reverted_job_version;
        let back =
            back.map(|version| format!(". Auto-reverted to job version {version}.")).unwrap_or_default();
        shell.line(&format!("Deployment \"{}\" failed{back}", deployment.id))?;
        let after = After { detach: self.detach, verbose: self.verbose, goes_on: false };
        if !self.detach && !answer.eval_id.is_empty() {
            shell.blank()?;
        }
        after.watch(shell, &client, &answer.eval_id).await
    }
}
