//! `job promote`: the canaries of a job's newest deployment.

use muster_api::table::JobDeployment;

use crate::connect::ConnectArgs;
use crate::deployment::promote::Which;
use crate::failure::{Failure, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JobPromote {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job")]
    job: String,
    #[command(flatten)]
    which: Which,
}

impl Verb for JobPromote {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let job = super::find(&client, shell, &self.job).await?;
        let query = [("namespace", job.namespace.as_str())];
        let newest = client.get::<JobDeployment>(&[&job.id], &query).await;
        let newest = newest.map_err(|error| Failure::request("retrieving deployment", &error))?.value;
        match newest {
            Some(deployment) => self.which.promote(shell, &client, &deployment.id).await,
            None => Err(Failure::new(format!("Job \"{}\" has no deployment to promote", job.id))),
        }
    }
}
