//! `job tag unset`: take a version's name away.

use muster_api::table::JobTagRemove as Route;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JobTagUnset {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job")]
    job: String,
    /// Name of the version
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

impl Verb for JobTagUnset {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let name = super::name(self.name.as_ref())?;
        let client = self.connect.connect(shell)?;
        let job = crate::job::find(&client, shell, &self.job).await?;
        let query = [("namespace", job.namespace.as_str())];
        let answer = client.get::<Route>(&[&job.id, name], &query).await;
        answer.map_err(|error| Failure::request("removing tag", &error))?;
        shell.line(&format!("Tag \"{name}\" removed from job \"{}\"", job.id))?;
        Ok(OK)
    }
}
