//! `alloc logs`: what a task wrote, as bytes. Standard output and error go to the same places here.

use muster_api::RouteId;

use super::choose::{OfJob, TaskArgs};
use super::content::{Content, Sink};
use super::tail::Part;
use crate::connect::ConnectArgs;
use crate::failure::{OK, Outcome};
use crate::shell::Shell;
use crate::verb::Verb;

#[derive(Debug, clap::Args)]
pub(crate) struct AllocLogs {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    which: TaskArgs,
    #[command(flatten)]
    of_job: OfJob,
    /// Only standard error
    #[arg(long)]
    stderr: bool,
    /// Only standard output
    #[arg(long)]
    stdout: bool,
    #[command(flatten)]
    part: Part,
}

impl Verb for AllocLogs {
    async fn run(self, shell: &mut Shell) -> Outcome {
        let client = self.connect.connect(shell)?;
        let alloc = self.which.alloc_or_job(shell, &client, &self.of_job).await?;
        let task = self.which.one_task(&alloc)?;
        let query = |kind| [("namespace", &*alloc.namespace), ("task", &*task), ("type", kind)];
        let (stdout, stderr) = (query("stdout"), query("stderr"));
        let log = |query| Content {
            client: &client,
            route: RouteId::AllocLogs,
            alloc: &alloc.id,
            query,
            follow: self.part.follow,
        };
        let (out, err) = (Sink::new(&mut *shell.out), Sink::new(&mut *shell.err));
        let tail = self.part.tail();
        match (self.stdout, self.stderr) {
            // What is asked for alone is the command's output, whichever log it is.
            (false, true) => log(&stderr).copy(tail, &out, &err).await?,
            // Following without a choice shows both, as the contract has it; a plain read shows stdout alone.
            (stdout_only, stderr_only) if self.part.follow && stdout_only == stderr_only => {
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
