//! `job status`: the list of jobs, or one with its summary, failed placements and allocations.

mod attempts;
mod children;
mod show;

use muster_api::table::{JobAllocations, JobDeployment, JobEvaluations, JobList, JobRead, JobSummary};
use muster_api::views::{AllocListStub, DeploymentView, EvalView, JobSummaryView};
use muster_jobspec::JobInput;
use muster_sdk::Client;
use serde::Serialize;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::{Refused, Verb};

#[derive(Debug, clap::Args)]
pub(crate) struct JobStatus {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job")]
    job: Option<String>,
    /// Only the job itself
    #[arg(long)]
    short: bool,
    /// Show the evaluations, too
    #[arg(long)]
    evals: bool,
    /// Allocations of earlier jobs with the same id, too
    #[arg(long)]
    all_allocs: bool,
    #[command(flatten)]
    shape: Shape,
    /// Show whole ids, more columns, and the evaluations
    #[arg(long)]
    verbose: bool,
}

/// What belongs to one job; the shape of `-json`.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Details {
    summary: JobSummaryView,
    allocations: Vec<AllocListStub>,
    latest_deployment: Option<DeploymentView>,
    evaluations: Vec<EvalView>,
}

impl Verb for JobStatus {
    const REFUSED: &'static [Refused] = &[Refused::UI];

    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        match &self.job {
            None => self.list(shell, &client).await,
            Some(text) => self.one(shell, &client, text).await,
        }
    }
}

impl JobStatus {
    /// As if asked for one job, or for all.
    pub(crate) fn of(connect: ConnectArgs, job: Option<String>, verbose: bool) -> Self {
        let shape = Shape::default();
        Self { connect, job, short: false, evals: false, all_allocs: false, shape, verbose }
    }

    async fn list(&self, shell: &mut Shell, client: &Client) -> Outcome {
        let jobs = client.get::<JobList>(&[], &[]).await;
        let jobs = jobs.map_err(|error| Failure::request("querying jobs", &error))?.value;
        if self.shape.is_for_programs() {
            let mut all = Vec::with_capacity(jobs.len());
            for job in &jobs {
                all.push(self.details(client, &job.id, &job.namespace).await?);
            }
            self.shape.print(shell, &all)?;
        } else if jobs.is_empty() {
            shell.line("No running jobs")?;
        } else {
            let all = self.connect.namespace(&shell.env) == Some("*");
            let table = super::namespaced_table(&jobs, shell, all);
            shell.table(&table)?;
        }
        Ok(OK)
    }

    async fn one(&self, shell: &mut Shell, client: &Client, text: &str) -> Outcome {
        let stub = super::find(client, shell, text).await?;
        if self.shape.is_for_programs() {
            let details = self.details(client, &stub.id, &stub.namespace).await?;
            self.shape.print(shell, &[details])?;
            return Ok(OK);
        }
        let query = [("namespace", stub.namespace.as_str())];
        let job = client.get::<JobRead>(&[&stub.id], &query).await;
        let job: JobInput = job.map_err(|error| Failure::request("querying job", &error))?.value;
        show::header(shell, &job)?;
        if self.short {
            return Ok(OK);
        }
        if stub.periodic || stub.parameterized_job {
            let summary = client.get::<JobSummary>(&[&stub.id], &query).await;
            let summary = summary.map_err(|error| Failure::request("querying job summary", &error))?.value;
            let runs = children::of(client, &stub).await?;
            children::sections(shell, &job, &summary, &runs)?;
        } else {
            let details = self.details(client, &stub.id, &stub.namespace).await?;
            show::sections(shell, &job, &details, self.evals || self.verbose, self.verbose)?;
        }
        Ok(OK)
    }

    async fn details(&self, client: &Client, id: &str, namespace: &str) -> Result<Details, Failure> {
        let params = [id];
        let query = [("namespace", namespace)];
        let all = if self.all_allocs { "true" } else { "false" };
        let alloc_query = [("namespace", namespace), ("all", all)];
        let (summary, allocations, evaluations, deployment) = tokio::join!(
            client.get::<JobSummary>(&params, &query),
            client.get::<JobAllocations>(&params, &alloc_query),
            client.get::<JobEvaluations>(&params, &query),
            client.get::<JobDeployment>(&params, &query),
        );
        let failed = |doing| move |error| Failure::request(doing, &error);
        Ok(Details {
            summary: summary.map_err(failed("querying job summary"))?.value,
            allocations: allocations.map_err(failed("querying job allocations"))?.value,
            latest_deployment: deployment.map_err(failed("querying latest job deployment"))?.value,
            evaluations: evaluations.map_err(failed("querying job evaluations"))?.value,
        })
    }
}
