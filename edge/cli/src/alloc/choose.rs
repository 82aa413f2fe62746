//! Which allocation and which of its tasks a command is about.

use muster_api::table::{AllocRead, JobAllocations};
use muster_api::views::{AllocListStub, AllocView};
use muster_sdk::Client;

use crate::failure::Failure;
use crate::ids::short;
use crate::shell::Shell;

/// An allocation, and perhaps one of its tasks.
#[derive(Debug, clap::Args)]
pub(super) struct TaskArgs {
    #[arg(value_name = "alloc")]
    alloc: String,
    #[arg(value_name = "task")]
    task: Option<String>,
    /// Task, where the argument does not name it
    #[arg(long = "task", value_name = "TASK", id = "task-flag")]
    task_flag: Option<String>,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
}

/// Whether the argument names a job.
#[derive(Debug, clap::Args)]
pub(super) struct OfJob {
    /// The argument is a job: take one of its allocations, a running one if there is one
    #[arg(long)]
    job: bool,
    /// With -job: only allocations of this group
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
}

impl TaskArgs {
    pub(super) async fn alloc(&self, shell: &Shell, client: &Client) -> Result<AllocView, Failure> {
        let choice = Choice { text: &self.alloc, job: false, group: None, verbose: self.verbose };
        choice.alloc(shell, client).await
    }

    pub(super) async fn alloc_or_job(
        &self,
        shell: &Shell,
        client: &Client,
        of_job: &OfJob,
    ) -> Result<AllocView, Failure> {
        of_job.alloc(shell, client, &self.alloc, self.verbose).await
    }

    pub(super) const fn names_a_task(&self) -> bool {
        self.task.is_some() || self.task_flag.is_some()
    }

    /// The task that the user named; `None` when they named none.
    pub(super) fn named_task(&self, alloc: &AllocView) -> Result<Option<String>, Failure> {
        named_task(alloc, self.task.as_deref(), self.task_flag.as_deref(), self.verbose)
    }

    /// The task that the user named, or the only one.
    pub(super) fn one_task(&self, alloc: &AllocView) -> Result<String, Failure> {
        one_task(alloc, self.named_task(alloc)?, self.verbose)
    }
}

impl OfJob {
    pub(super) async fn alloc(
        &self,
        shell: &Shell,
        client: &Client,
        text: &str,
        verbose: bool,
    ) -> Result<AllocView, Failure> {
        let choice = Choice { text, job: self.job, group: self.group.as_deref(), verbose };
        choice.alloc(shell, client).await
    }
}

/// How the user named an allocation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice<'a> {
    /// Prefix of an allocation's id, or with `job` of a job's.
    pub text: &'a str,
    pub job: bool,
    /// With `job`: only allocations of this group.
    pub group: Option<&'a str>,
    pub verbose: bool,
}

impl Choice<'_> {
    pub(crate) async fn alloc(self, shell: &Shell, client: &Client) -> Result<AllocView, Failure> {
        let stub = match self.job {
            true => self.of_job(shell, client).await?,
            false => super::find(client, shell, self.text, self.verbose).await?,
        };
        let alloc = client.get::<AllocRead>(&[&stub.id], &[("namespace", &stub.namespace)]).await;
        Ok(alloc.map_err(|error| Failure::request("querying allocation", &error))?.value)
    }

    /// A running one if there is one, and of these the newest.
    async fn of_job(self, shell: &Shell, client: &Client) -> Result<AllocListStub, Failure> {
        let job = crate::job::find(client, shell, self.text).await?;
        let allocs = client.get::<JobAllocations>(&[&job.id], &[("namespace", &job.namespace)]).await;
        let allocs = allocs.map_err(|error| Failure::request("querying job allocations", &error))?.value;
        let wanted =
            allocs.into_iter().filter(|alloc| self.group.is_none_or(|group| alloc.task_group == group));
        let best = wanted.max_by_key(|alloc| (alloc.client_status == "running", alloc.create_index));
        best.ok_or_else(|| {
            let of_group = self.group.map(|group| format!(" in group `{group}`")).unwrap_or_default();
            Failure::new(format!("job `{}` has no allocation{of_group}", job.id))
        })
    }
}

/// The task that the user named, as argument or flag; `None` when neither did.
pub(super) fn named_task(
    alloc: &AllocView,
    argument: Option<&str>,
    flag: Option<&str>,
    verbose: bool,
) -> Result<Option<String>, Failure> {
    let given = match (argument, flag) {
        (Some(_), Some(_)) => return Err(Failure::new("name the task once: as argument or with -task")),
        (given, None) | (None, given) => given,
    };
    let Some(given) = given else { return Ok(None) };
    if alloc.allocated_resources.tasks.contains_key(given) {
        return Ok(Some(given.to_owned()));
    }
    let (id, list) = (short(&alloc.id, verbose), task_list(alloc));
    Err(Failure::new(format!("no task `{given}` in allocation \"{id}\"; it has:\n{list}")))
}

/// The task that the user named, or the only one.
pub(super) fn one_task(alloc: &AllocView, named: Option<String>, verbose: bool) -> Result<String, Failure> {
    if let Some(named) = named {
        return Ok(named);
    }
    let mut tasks = alloc.allocated_resources.tasks.keys();
    match (tasks.next(), tasks.next()) {
        (Some(only), None) => Ok(only.clone()),
        _ => Err(Failure::new(format!(
            "Allocation \"{}\" is running the following tasks:\n{}\n\nPlease specify the task.",
            short(&alloc.id, verbose),
            task_list(alloc)
        ))),
    }
}

fn task_list(alloc: &AllocView) -> String {
    let tasks = alloc.allocated_resources.tasks.keys();
    tasks.map(|task| format!("  * {task}")).collect::<Vec<_>>().join("\n")
}
