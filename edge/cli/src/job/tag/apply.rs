//! `job tag apply`: name a version of a job, and so keep it.

use muster_api::table::JobTagApply as Route;
use muster_api::views::JobTagRequest;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JobTagApply {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job")]
    job: String,
    /// Name of the version
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// What the name is about
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    /// The version to name; the current one by default
    #[arg(long, value_name = "VERSION")]
    version: Option<u64>,
}

impl Verb for JobTagApply {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let name = super::name(self.name.as_ref())?;
        let client = self.connect.connect(shell)?;
        let job = crate::job::find(&client, shell, &self.job).await?;
        let request = JobTagRequest {
            version: self.version.unwrap_or_default(),
            latest: self.version.is_none(),
            description: self.description.clone(),
        };
        let query = [("namespace", job.namespace.as_str())];
        let answer = client.send_json::<Route>(&[&job.id, name], &query, &request).await;
        answer.map_err(|error| Failure::request("tagging job version", &error))?;
        let version = self.version.map_or_else(|| "latest".to_owned(), |version| version.to_string());
        shell.line(&format!("Version {version} of job \"{}\" tagged with name \"{name}\"", job.id))?;
        Ok(OK)
    }
}
