//! `deployment promote`: canaries take the place of what they were made beside.

use muster_api::table::DeploymentPromote as Promote;
use muster_api::views::DeploymentPromoteRequest;
use muster_sdk::Client;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, Outcome};
use crate::monitor::Watch;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct DeploymentPromote {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "deployment")]
    deployment: String,
    #[command(flatten)]
    which: Which,
}

/// Which groups, and whether to stay.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// Only this group; may be repeated, all of them by default
    #[arg(long, value_name = "GROUP")]
    group: Vec<String>,
    #[command(flatten)]
    watch: Watch,
}

impl Which {
    pub(crate) async fn promote(&self, shell: &mut Shell, client: &Client, id: &str) -> Outcome {
        let request = DeploymentPromoteRequest {
            deployment_id: id.to_owned(),
            all: self.group.is_empty(),
            groups: Some(self.group.clone()),
        };
        let answer = client.send_json::<Promote>(&[id], &[], &request).await;
        let answer = answer.map_err(|error| Failure::request("promoting deployment", &error))?.value;
        self.watch.evaluation(shell, client, &answer.eval_id).await
    }
}

impl Verb for DeploymentPromote {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let deployment = super::find(&client, &self.deployment).await?;
        self.which.promote(shell, &client, &deployment.id).await
    }
}
