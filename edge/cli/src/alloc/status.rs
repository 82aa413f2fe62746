//! `alloc status`: an allocation, its tasks and what happened to them.

mod show;
mod tasks;
mod usage;

use muster_api::table::{AllocList, AllocRead, AllocStats, EvalRead};
use muster_api::views::{AllocListStub, AllocResourceUsage, AllocView};
use muster_sdk::Client;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::shape::Shape;
use crate::shell::Shell;
use crate::verb::{Refused, Verb};

#[derive(Debug, clap::Args)]
pub(crate) struct AllocStatus {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "alloc")]
    alloc: Option<String>,
    /// Only the allocation and a line about each task
    #[arg(long)]
    short: bool,
    /// Show whole ids and how the allocation was placed
    #[arg(long)]
    verbose: bool,
    /// Show all that is measured of each task
    #[arg(long)]
    stats: bool,
    #[command(flatten)]
    shape: Shape,
}

impl Verb for AllocStatus {
    const REFUSED: &'static [Refused] = &[Refused::UI];

    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let Some(text) = &self.alloc else { return self.list(shell, &client).await };
        let found = super::matching(&client, text).await?;
        match found.as_slice() {
            [] => Err(Failure::new(format!("No allocation(s) with prefix or id \"{text}\" found"))),
            [one] => self.one(shell, &client, one).await,
            several => self.several(shell, several),
        }
    }
}

impl AllocStatus {
    /// As if asked for one allocation.
    pub(crate) fn of(connect: ConnectArgs, id: String, verbose: bool) -> Self {
        let shape = Shape::default();
        Self { connect, alloc: Some(id), short: false, verbose, stats: false, shape }
    }

    async fn list(&self, shell: &mut Shell, client: &Client) -> Outcome {
        if !self.shape.is_for_programs() {
            return Err(Failure::new("name an allocation, or list all of them with -json or -t"));
        }
        let allocs = client.get::<AllocList>(&[], &[]).await;
        let allocs = allocs.map_err(|error| Failure::request("querying allocations", &error))?.value;
        self.shape.print(shell, &allocs)?;
        Ok(OK)
    }

    /// Unlike elsewhere, several matches are an answer here: on standard output, with success.
    fn several(&self, shell: &mut Shell, found: &[AllocListStub]) -> Outcome {
        shell.line("Prefix matched multiple allocations\n")?;
        if let Some(table) = super::list_table(shell, found, self.verbose) {
            shell.table(&table)?;
        }
        Ok(OK)
    }

    async fn one(&self, shell: &mut Shell, client: &Client, stub: &AllocListStub) -> Outcome {
        let alloc = client.get::<AllocRead>(&[&stub.id], &[("namespace", &stub.namespace)]).await;
        let alloc: AllocView = alloc.map_err(|error| Failure::request("querying allocation", &error))?.value;
        if self.shape.print(shell, &alloc)? {
            return Ok(OK);
        }
        if self.short {
            show::short_form(shell, &alloc, self.verbose)?;
        } else {
            let usage = measured(shell, client, &alloc).await?;
            let retry_at = next_attempt(client, &alloc).await?;
            let shown = Shown { usage, retry_at, stats: self.stats, verbose: self.verbose };
            show::long_form(shell, &alloc, &shown)?;
        }
        Ok(OK)
    }
}

/// What the long form shows beside the allocation itself.
#[derive(Debug, Default)]
struct Shown {
    usage: Option<AllocResourceUsage>,
    /// When its work may be tried again elsewhere.
    retry_at: Option<String>,
    stats: bool,
    verbose: bool,
}

/// When the evaluation that will replace it is due; it may be gone since.
async fn next_attempt(client: &Client, alloc: &AllocView) -> Result<Option<String>, Failure> {
    if alloc.followup_eval_id.is_empty() || alloc.client_status == "unknown" {
        return Ok(None);
    }
    let query = [("namespace", alloc.namespace.as_str())];
    match client.get::<EvalRead>(&[&alloc.followup_eval_id], &query).await {
        Ok(eval) => Ok(eval.value.wait_until),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(Failure::request("querying evaluation", &error)),
    }
}

/// What a running allocation uses. That it cannot be measured is told, and no reason to show nothing.
async fn measured(
    shell: &mut Shell,
    client: &Client,
    alloc: &AllocView,
) -> Result<Option<AllocResourceUsage>, Failure> {
    if alloc.client_status != "running" {
        return Ok(None);
    }
    match client.get::<AllocStats>(&[&alloc.id], &[("namespace", &alloc.namespace)]).await {
        Ok(usage) => Ok(Some(usage.value)),
        Err(error) => {
            shell.error(&format!("Couldn't retrieve stats: {error}"))?;
            Ok(None)
        }
    }
}
