//! Commands about deployments, and how one is found by the id the user gave.

pub(crate) mod fail;
pub(crate) mod follow;
pub(crate) mod list;
pub(crate) mod pause;
pub(crate) mod promote;
pub(crate) mod resume;
pub(crate) mod show;
pub(crate) mod status;
pub(crate) mod unblock;

use muster_api::table::DeploymentList;
use muster_api::views::DeploymentView;
use muster_sdk::Client;

use crate::connect::ConnectArgs;
use crate::failure::Failure;
use crate::ids::{self, short};
use crate::monitor::Watch;
use crate::shell::Shell;
use crate::table::Table;

/// The one deployment whose id begins with `text`.
pub(crate) async fn find(client: &Client, text: &str) -> Result<DeploymentView, Failure> {
    let found = ids::by_prefix::<DeploymentList, _>(client, text, "retrieving deployment").await?;
    let missing = format!("No deployment(s) with prefix or id \"{text}\" found");
    ids::only(found, "deployments", missing, |found| list_table(found, false))
}

pub(crate) fn list_table(deployments: &[DeploymentView], verbose: bool) -> Table {
    let mut table = Table::new(&["ID", "Job ID", "Job Version", "Status", "Description"]);
    for one in deployments {
        table.row(vec![
            short(&one.id, verbose),
            one.job_id.clone(),
            one.job_version.to_string(),
            one.status.clone(),
            one.status_description.clone(),
        ]);
    }
    table
}

/// A deployment to change.
#[derive(Debug, clap::Args)]
pub(crate) struct Change {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "deployment")]
    deployment: String,
    #[command(flatten)]
    watch: Watch,
}

impl Change {
    async fn find(&self, shell: &mut Shell) -> Result<(Client, DeploymentView), Failure> {
        let client = self.connect.connect(shell)?;
        let deployment = find(&client, &self.deployment).await?;
        Ok((client, deployment))
    }
}
