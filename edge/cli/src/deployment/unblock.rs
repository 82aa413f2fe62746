//! `deployment unblock`: for deployments over several regions, which this version does not have.

use muster_api::table::DeploymentUnblock as Unblock;
use muster_api::views::DeploymentUnblockRequest;

use super::Change;
use crate::failure::{Failure, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct DeploymentUnblock {
    #[command(flatten)]
    change: Change,
}

impl Verb for DeploymentUnblock {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let (client, deployment) = self.change.find(shell).await?;
        let request = DeploymentUnblockRequest { deployment_id: deployment.id.clone() };
        let answer = client.send_json::<Unblock>(&[&deployment.id], &[], &request).await;
        let answer = answer.map_err(|error| Failure::request("unblocking deployment", &error))?.value;
        shell.line(&format!("Deployment \"{}\" unblocked", deployment.id))?;
        self.change.watch.evaluation(shell, &client, &answer.eval_id).await
    }
}
