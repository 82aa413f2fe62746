//! `alloc logs`: what a task wrote, as bytes. Standard output and error go to the same places here.

use muster_api::RouteId;

use super::choose::{Choice, one_task};
use super::content::{Content, Sink};
use super::tail::Tail;
use crate::connect::ConnectArgs;
use crate::failure::{OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AllocLogs {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "alloc")]
    alloc: String,
    #[arg(value_name = "task")]
    task: Option<String>,
    /// Task; the only one by default
    #[arg(long = "task", value_name = "TASK", id = "task-flag")]
    task_flag: Option<String>,
    /// With -job: only allocations of this group
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// The argument is a job: take one of its allocations, a running one if there is one
    #[arg(long)]
    job: bool,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
    /// Only standard error
    #[arg(long)]
    stderr: bool,
    /// Only standard output
    #[arg(long)]
    stdout: bool,
    /// Go on printing as the log grows, until the task has ended
    #[arg(long = "f")]
    follow: bool,
    /// Only the end: ten lines unless -n or -c says otherwise
    #[arg(long)]
    tail: bool,
    /// How many lines of the end
    #[arg(long = "n", value_name = "LINES")]
    lines: Option<u32>,
    /// How many bytes of the end
    #[arg(long = "c", value_name = "BYTES")]
    bytes: Option<u64>,
}

impl Verb for AllocLogs {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let choice =
            Choice { text: &self.alloc, job: self.job, group: self.group.as_deref(), verbose: self.verbose };
        let alloc = choice.alloc(shell, &client).await?;
        let task = one_task(&alloc, self.task.as_deref(), self.task_flag.as_deref(), self.verbose)?;
        let query = |kind| [("namespace", &*alloc.namespace), ("task", &*task), ("type", kind)];
        let (stdout, stderr) = (query("stdout"), query("stderr"));
        let log = |query| Content {
            client: &client,
            route: RouteId::AllocLogs,
            alloc: &alloc.id,
            query,
            follow: self.follow,
        };
        let (out, err) = (Sink::new(&mut *shell.out), Sink::new(&mut *shell.err));
        let tail = Tail::new(self.tail, self.lines, self.bytes);
        match (self.stdout, self.stderr) {
            // What is asked for alone is the command's output, whichever log it is.
            (false, true) => log(&stderr).copy(tail, &out, &err).await?,
            // Following without a choice shows both, as the contract has it; a plain read shows stdout alone.
            (stdout_only, stderr_only) if self.follow && stdout_only == stderr_only => {
                tokio::try_join!(log(&stdout).copy(tail, &out, &err), log(&stderr).copy(tail, &err, &err))?;
            }
            (true, true) => {
                log(&stdout).copy(tail, &out, &err).await?;
                log(&stderr).copy(tail, &err, &err).await?;
            }
            (_, false) => log(&stdout).copy(tail, &out, &err).await?,
        }
        Ok(OK)
    }
}
