//! `alloc logs`: what a task wrote, as bytes. Standard output and error go to the same places here.

mod tail;

use std::io::Write;

use muster_api::RouteId;
use muster_api::table::{AllocRead, JobAllocations};
use muster_api::views::{AllocListStub, AllocView};
use muster_sdk::{Client, SdkError};

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::ids::short;
use crate::shell::Shell;
use crate::verb::Verb;
use tail::Tail;

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
    /// Go on printing as the log grows
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
        let alloc = self.alloc(shell, &client).await?;
        let task = self.task(&alloc)?;
        let stream = |kind| Log { client: &client, alloc: &alloc, task: &task, kind, follow: self.follow };
        let (out, err) = (&mut *shell.out, &mut *shell.err);
        let tail = Tail::new(self.tail, self.lines, self.bytes);
        match (self.stdout, self.stderr) {
            // What is asked for alone is the command's output, whichever log it is.
            (false, true) => stream("stderr").copy(tail, out).await?,
            // Following without a choice shows both, as the contract has it; a plain read shows stdout alone.
            (stdout, stderr) if self.follow && stdout == stderr => {
                tokio::try_join!(stream("stdout").copy(tail, out), stream("stderr").copy(tail, err))?;
            }
            (true, true) => {
                stream("stdout").copy(tail, out).await?;
                stream("stderr").copy(tail, err).await?;
            }
            (_, false) => stream("stdout").copy(tail, out).await?,
        }
        Ok(OK)
    }
}

impl AllocLogs {
    async fn alloc(&self, shell: &Shell, client: &Client) -> Result<AllocView, Failure> {
        let stub = match self.job {
            true => self.of_job(shell, client).await?,
            false => super::find(client, shell, &self.alloc, self.verbose).await?,
        };
        let alloc = client.get::<AllocRead>(&[&stub.id], &[("namespace", &stub.namespace)]).await;
        Ok(alloc.map_err(|error| Failure::request("querying allocation", &error))?.value)
    }

    async fn of_job(&self, shell: &Shell, client: &Client) -> Result<AllocListStub, Failure> {
        let job = crate::job::find(client, shell, &self.alloc).await?;
        let allocs = client.get::<JobAllocations>(&[&job.id], &[("namespace", &job.namespace)]).await;
        let allocs = allocs.map_err(|error| Failure::request("querying job allocations", &error))?.value;
        let wanted = allocs
            .into_iter()
            .filter(|alloc| self.group.as_ref().is_none_or(|group| alloc.task_group == *group));
        let best = wanted.max_by_key(|alloc| (alloc.client_status == "running", alloc.create_index));
        best.ok_or_else(|| Failure::new(format!("job `{}` has no allocation to read logs of", job.id)))
    }

    fn task(&self, alloc: &AllocView) -> Result<String, Failure> {
        if self.task.is_some() && self.task_flag.is_some() {
            return Err(Failure::new("name the task once: as argument or with -task"));
        }
        let tasks: Vec<&String> = alloc.allocated_resources.tasks.keys().collect();
        let list = || tasks.iter().map(|task| format!("  * {task}")).collect::<Vec<_>>().join("\n");
        let id = short(&alloc.id, self.verbose);
        match (self.task.as_ref().or(self.task_flag.as_ref()), tasks.as_slice()) {
            (Some(given), _) if tasks.contains(&given) => Ok(given.clone()),
            (Some(given), _) => {
                Err(Failure::new(format!("no task `{given}` in allocation \"{id}\"; it has:\n{}", list())))
            }
            (None, [only]) => Ok((*only).clone()),
            (None, _) => Err(Failure::new(format!(
                "Allocation \"{id}\" is running the following tasks:\n{}\n\nPlease specify the task.",
                list()
            ))),
        }
    }
}

/// One log of one task.
#[derive(Debug, Clone, Copy)]
struct Log<'a> {
    client: &'a Client,
    alloc: &'a AllocView,
    task: &'a str,
    kind: &'static str,
    follow: bool,
}

impl Log<'_> {
    async fn copy(self, tail: Tail, to: &mut (dyn Write + Send)) -> Result<(), Failure> {
        match tail {
            Tail::Whole => self.stream("start", 0, self.follow, to).await,
            Tail::Bytes(bytes) => self.stream("end", bytes, self.follow, to).await,
            Tail::Lines(lines) => {
                let mut window = tail::first_window(lines);
                let end = loop {
                    let mut text = Vec::new();
                    self.stream("end", window, false, &mut text).await?;
                    let is_all = u64::try_from(text.len()).is_ok_and(|length| length < window);
                    match tail::last_lines(&text, lines) {
                        Some(end) => break end.to_vec(),
                        None if is_all => break text,
                        None => window = window.saturating_mul(4),
                    }
                };
                if self.follow {
                    // What is written meanwhile moves the beginning of the end, and loses nothing of what follows.
                    return self.stream("end", u64::try_from(end.len()).unwrap_or(0), true, to).await;
                }
                Ok(to.write_all(&end).and_then(|()| to.flush())?)
            }
        }
    }

    async fn stream(
        self,
        origin: &str,
        offset: u64,
        follow: bool,
        to: &mut (dyn Write + Send),
    ) -> Result<(), Failure> {
        let offset = offset.to_string();
        let follow = if follow { "true" } else { "false" };
        let query = [
            ("namespace", self.alloc.namespace.as_str()),
            ("task", self.task),
            ("type", self.kind),
            ("origin", origin),
            ("offset", &offset),
            ("follow", follow),
            ("plain", "true"),
        ];
        let failed = |error: SdkError| Failure::request("reading logs", &error);
        let mut pieces =
            self.client.stream(RouteId::AllocLogs, &[&self.alloc.id], &query).await.map_err(failed)?;
        while let Some(piece) = pieces.next().await.map_err(failed)? {
            to.write_all(&piece).and_then(|()| to.flush())?;
        }
        Ok(())
    }
}
