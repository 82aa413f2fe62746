//! `job revert`: register what an earlier version asked for, and watch it.

use muster_api::table::{JobRevert as Route, JobVersions};
use muster_api::views::{JobListStub, JobRevertRequest};
use muster_jobspec::JobInput;
use muster_sdk::Client;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, Outcome};
use crate::monitor::Watch;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JobRevert {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job")]
    job: String,
    #[arg(value_name = "version|tag")]
    version: String,
    #[command(flatten)]
    watch: Watch,
}

impl Verb for JobRevert {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let job = super::find(&client, shell, &self.job).await?;
        let version = match self.version.parse() {
            Ok(version) => version,
            Err(_) => tagged(&client, &job, &self.version).await?,
        };
        to(shell, &client, &job, version, self.watch).await
    }
}

/// Goes back to a version.
pub(super) async fn to(
    shell: &mut Shell,
    client: &Client,
    job: &JobListStub,
    version: u64,
    watch: Watch,
) -> Outcome {
    let request =
        JobRevertRequest { job_id: job.id.clone(), job_version: version, ..JobRevertRequest::default() };
    let query = [("namespace", job.namespace.as_str())];
    let answer = client.send_json::<Route>(&[&job.id], &query, &request).await;
    let answer = answer.map_err(|error| Failure::request("reverting job", &error))?.value;
    if !answer.warnings.is_empty() {
        shell.bold_line("Job Warnings:")?;
        shell.line(&format!("{}\n", answer.warnings))?;
    }
    watch.evaluation(shell, client, &answer.eval_id).await
}

/// Versions of a job, newest first.
pub(super) async fn versions(client: &Client, job: &JobListStub) -> Result<Vec<JobInput>, Failure> {
    let answer = client.get::<JobVersions>(&[&job.id], &[("namespace", job.namespace.as_str())]).await;
    Ok(answer.map_err(|error| Failure::request("retrieving job versions", &error))?.value.versions)
}

async fn tagged(client: &Client, job: &JobListStub, tag: &str) -> Result<u64, Failure> {
    let versions = versions(client, job).await?;
    let named = |job: &&JobInput| job.version_tag.as_ref().is_some_and(|own| own.name == tag);
    versions.iter().find(named).and_then(|job| job.version).ok_or_else(|| {
        Failure::new(format!("job \"{}\" has no version with the tag \"{tag}\"; see `job history`", job.id))
    })
}
