//! `eval list`: evaluations, a page at a time if asked.

use muster_api::table::EvalList as List;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
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
    /// Only those of which this expression is true
    #[arg(long, value_name = "EXPRESSION")]
    filter: Option<String>,
    /// How many to show
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    per_page: u32,
    /// Where the page begins, as the page before said
    #[arg(long, value_name = "TOKEN")]
    page_token: Option<String>,
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
        let per_page = self.per_page.to_string();
        let query = [
            ("job", self.job.as_deref().unwrap_or_default()),
            ("filter", self.filter.as_deref().unwrap_or_default()),
            ("status", self.status.as_deref().unwrap_or_default()),
            ("per_page", if self.per_page == 0 { "" } else { &per_page }),
            ("next_token", self.page_token.as_deref().unwrap_or_default()),
        ];
        let query: Vec<_> = query.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let answer = client.get::<List>(&[], &query).await;
        let answer = answer.map_err(|error| Failure::request("listing evaluations", &error))?;
        if self.shape.print(shell, &answer.value)? {
            return Ok(OK);
        }
        if answer.value.is_empty() {
            shell.line("No evals found")?;
        } else {
            shell.table(&super::list_table(&answer.value, self.verbose))?;
        }
        if let Some(token) = answer.next_token {
            shell.line(&format!(
                "\nResults have been paginated. To get the next page run:\n\n{}",
                self.next_page(shell, &token)
            ))?;
        }
        Ok(OK)
    }
}

impl EvalList {
    fn next_page(&self, shell: &Shell, token: &str) -> String {
        let job = self.job.as_ref().map(|job| format!(" -job={job}")).unwrap_or_default();
        let status = self.status.as_ref().map(|status| format!(" -status={status}")).unwrap_or_default();
        let filter = self.filter.as_ref().map(|text| format!(" -filter={}", crate::shell::quoted(text)));
        let filter = filter.unwrap_or_default();
        let verbose = if self.verbose { " -verbose" } else { "" };
        format!(
            "{} eval list{job}{status}{filter}{verbose} -per-page={} -page-token={token}",
            shell.program, self.per_page
        )
    }
}
