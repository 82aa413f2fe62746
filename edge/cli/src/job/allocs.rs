//! `job allocs`: the allocations of a job.

use muster_api::table::{JobAllocations, JobRead};

use crate::alloc::deadline::RunLimits;
use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct JobAllocs {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job")]
    job: String,
    /// Also those of earlier jobs with this id
    #[arg(long)]
    all: bool,
    /// Show whole ids and more columns
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for JobAllocs {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let job = super::find(&client, shell, &self.job).await?;
        let all = if self.all { "true" } else { "false" };
        let query = [("namespace", job.namespace.as_str()), ("all", all)];
        let answer = client.get::<JobAllocations>(&[&job.id], &query).await;
        let allocs = answer.map_err(|error| Failure::request("retrieving allocations", &error))?.value;
        if self.shape.print(shell, &allocs)? {
            return Ok(OK);
        }
        let limits = match job.kind.as_str() {
            "batch" | "sysbatch" => {
                let whole = client.get::<JobRead>(&[&job.id], &[("namespace", &job.namespace)]).await;
                RunLimits::of(&whole.map_err(|error| Failure::request("querying job", &error))?.value)
            }
            _ => RunLimits::default(),
        };
        match crate::alloc::timed_table(shell, &allocs, self.verbose, &limits) {
            Some(table) => shell.table(&table)?,
            None => shell.line("No allocations placed")?,
        }
        Ok(OK)
    }
}
