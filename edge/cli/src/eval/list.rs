//! `eval list`: evaluations, a page at a time if asked.

use muster_api::table::EvalList as List;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::page::{self, Page, borrowed};
use crate::shape::Shape;
use crate::shell::{Shell, quoted};
use crate::verb::{Refused, Verb};

#[derive(Debug, clap::Args)]
pub(crate) struct EvalList {
    #[command(flatten)]
    connect: ConnectArgs,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    page: Page,
    /// Only evaluations of this job
    #[arg(long, value_name = "JOB")]
    job: Option<String>,
    /// Only evaluations with this status
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
}

impl Verb for EvalList {
    const REFUSED: &'static [Refused] = &[Refused::UI];

    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let job = ("job", self.job.as_deref().unwrap_or_default());
        let query = self.page.query(&[job, ("status", self.status.as_deref().unwrap_or_default())]);
        let answer = client.get::<List>(&[], &borrowed(&query)).await;
        let answer = answer.map_err(|error| Failure::request("listing evaluations", &error))?;
        if self.shape.print(shell, &answer.value)? {
            return Ok(OK);
        }
        if answer.value.is_empty() {
            shell.line("No evals found")?;
        } else {
            shell.table(&super::list_table(&answer.value, self.verbose))?;
        }
        self.page.more(shell, &self.command(), answer.next_token)?;
        Ok(OK)
    }
}

impl EvalList {
    /// As it was called, the flags of the page left out.
    fn command(&self) -> String {
        let given = |name: &str, value: Option<&String>| {
            value.map(|value| format!(" -{name}={}", quoted(value))).unwrap_or_default()
        };
        let (job, status) = (given("job", self.job.as_ref()), given("status", self.status.as_ref()));
        format!("eval list{job}{status}{}", page::flags(&[("verbose", self.verbose)]))
    }
}
