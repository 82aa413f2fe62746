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

use crate::failure::{Failure, OK, Outcome};
use crate::ids::{self, short};
use crate::monitor::Monitor;
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

/// What to do once a deployment was changed.
#[derive(Debug, Clone, Copy)]
struct After {
    detach: bool,
    verbose: bool,
    /// Whether what becomes of the deployment is still open.
    goes_on: bool,
}

impl After {
    /// Watches the evaluation that acts on the change, unless there is none or nobody wants to.
    async fn watch(self, shell: &mut Shell, client: &Client, eval_id: &str) -> Outcome {
        if eval_id.is_empty() {
            return Ok(OK);
        }
        if self.detach {
            shell.line(&format!("Evaluation ID: {}", short(eval_id, self.verbose)))?;
            return Ok(OK);
        }
        let monitor = Monitor { client, verbose: self.verbose };
        match self.goes_on {
            true => monitor.new_evaluation(shell, eval_id).await,
            false => monitor.alone(shell, eval_id).await,
        }
    }
}
