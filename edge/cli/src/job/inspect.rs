//! `job inspect`: the job as the servers hold it, or the file it was made from.

use muster_api::table::{JobRead, JobSubmission, JobVersions};
use muster_api::views::{JobListStub, JobSubmissionView};
use muster_jobspec::JobInput;
use muster_sdk::Client;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JobInspect {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job")]
    job: String,
    #[command(flatten)]
    shape: Shape,
    /// Print the job file
    #[arg(long)]
    hcl: bool,
    /// Print the values of the job file's variables, too
    #[arg(long)]
    with_vars: bool,
    /// Version of the job; the newest by default
    #[arg(long, value_name = "VERSION")]
    version: Option<u64>,
}

impl Verb for JobInspect {
    async fn run(self, shell: &mut Shell) -> Outcome {
        if self.shape.is_for_programs() && self.hcl {
            return Err(Failure::new("-hcl prints a file: leave -json and -t out"));
        }
        if self.with_vars && !self.hcl {
            return Err(Failure::new("-with-vars needs -hcl"));
        }
        let client = self.connect.connect(shell)?;
        let stub = super::find(&client, shell, &self.job).await?;
        let job = self.job(&client, &stub).await?;
        if !self.hcl {
            return self.print(shell, &job).map(|()| OK);
        }
        let version = self.version.or(job.version).unwrap_or(0);
        let submission = submission(&client, &stub, version).await?;
        print_source(shell, &submission, self.with_vars)
    }
}

impl JobInspect {
    /// What was asked for is the job itself; without a wish it comes as `job run -json` takes it.
    fn print(&self, shell: &mut Shell, job: &JobInput) -> Result<(), Failure> {
        if self.shape.print(shell, job)? {
            return Ok(());
        }
        shell.line(&crate::json::pretty(&serde_json::json!({ "Job": job }))?)
    }

    async fn job(&self, client: &Client, stub: &JobListStub) -> Result<JobInput, Failure> {
        let query = [("namespace", stub.namespace.as_str())];
        let failed = |error| Failure::request("inspecting job", &error);
        let Some(version) = self.version else {
            return Ok(client.get::<JobRead>(&[&stub.id], &query).await.map_err(failed)?.value);
        };
        let versions = client.get::<JobVersions>(&[&stub.id], &query).await.map_err(failed)?.value.versions;
        let found = versions.into_iter().find(|job| job.version == Some(version));
        found.ok_or_else(|| {
            Failure::new(format!("job `{}` has no version `{version}`; it may have been forgotten", stub.id))
        })
    }
}

async fn submission(client: &Client, stub: &JobListStub, version: u64) -> Result<JobSubmissionView, Failure> {
    let version = version.to_string();
    let query = [("namespace", stub.namespace.as_str()), ("version", version.as_str())];
    let answer = client.get::<JobSubmission>(&[&stub.id], &query).await;
    Ok(answer.map_err(|error| Failure::request("inspecting job source", &error))?.value)
}

fn print_source(shell: &mut Shell, submission: &JobSubmissionView, with_vars: bool) -> Outcome {
    shell.line(submission.source.trim_end())?;
    if with_vars && !submission.variable_flags.is_empty() {
        shell.heading("Variable Flags")?;
        for (name, value) in &submission.variable_flags {
            shell.line(&format!("{name} = {value}"))?;
        }
    }
    if with_vars && !submission.variables.is_empty() {
        shell.heading("Variables")?;
        shell.line(submission.variables.trim_end())?;
    }
    Ok(OK)
}
