//! `job deployments`: the rollouts of a job.

use muster_api::table::{JobDeployment, JobDeployments as Deployments};

use crate::connect::ConnectArgs;
use crate::deployment::{list_table, show};
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JobDeployments {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job")]
    job: String,
    /// Only the newest, whole
    #[arg(long)]
    latest: bool,
    /// Also those of earlier jobs with this id
    #[arg(long)]
    all: bool,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for JobDeployments {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let job = super::find(&client, shell, &self.job).await?;
        let failed = |error| Failure::request("retrieving deployments", &error);
        if self.latest {
            let query = [("namespace", job.namespace.as_str())];
            let newest = client.get::<JobDeployment>(&[&job.id], &query).await.map_err(failed)?.value;
            if self.shape.print(shell, &newest)? {
                return Ok(OK);
            }
            match newest {
                Some(deployment) => show::whole(shell, &deployment, self.verbose)?,
                None => shell.line("No deployments found")?,
            }
            return Ok(OK);
        }
        let all = if self.all { "true" } else { "false" };
        let query = [("namespace", job.namespace.as_str()), ("all", all)];
        let found = client.get::<Deployments>(&[&job.id], &query).await.map_err(failed)?.value;
        if self.shape.print(shell, &found)? {
            return Ok(OK);
        }
        match found.is_empty() {
            true => shell.line("No deployments found")?,
            false => shell.table(&list_table(&found, self.verbose))?,
        }
        Ok(OK)
    }
}
