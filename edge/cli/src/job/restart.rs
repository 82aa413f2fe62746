//! `job restart`: restart or replace the running allocations of a job, a batch after the other.
//!
//! ```text
//!   choose allocations --> batch --> all went well? --> wait or ask --> next batch
//!                                        no: ask, or fail
//! ```

mod one;
mod options;

use std::collections::BTreeSet;
use std::io::{BufRead as _, Write as _};
use std::time::Duration;

use muster_api::table::{JobAllocations, JobRead};
use muster_api::views::{AllocListStub, JobListStub};
use muster_jobspec::JobInput;
use muster_sdk::Client;
use tokio::task::JoinSet;

use crate::connect::ConnectArgs;
use crate::failure::{Failure, OK, Outcome};
use crate::ids::short;
use crate::monitor::{detail_at, headline_at};
use crate::shell::Shell;
use crate::verb::Verb;
use one::How;
use options::{Answer, BatchSize, BatchWait, OnError};

/// Of a batch, how many are under way at the same time.
const AT_ONCE: usize = 64;

#[derive(Debug, clap::Args)]
pub(crate) struct JobRestart {
    #[command(flatten)]
    connect: ConnectArgs,
    #[arg(value_name = "job")]
    job: String,
    /// All tasks, in the order of their life cycle, also those that have ended
    #[arg(long)]
    all_tasks: bool,
    /// How many allocations at once; a number, or a percentage of those that run
    #[arg(long, value_name = "COUNT", default_value = "1", value_parser = BatchSize::parse)]
    batch_size: BatchSize,
    /// How long to wait between batches, or `ask`
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = BatchWait::parse)]
    batch_wait: BatchWait,
    /// Only allocations of this group; may be repeated
    #[arg(long, value_name = "GROUP")]
    group: Vec<String>,
    /// With -reschedule: stop without the delay that groups and tasks ask for
    #[arg(long)]
    no_shutdown_delay: bool,
    /// What to do when an allocation cannot be restarted: ask, or fail; asking needs a terminal
    #[arg(long, value_name = "ask|fail", value_enum, default_value = "ask")]
    on_error: OnError,
    /// Stop allocations and wait for their replacements, instead of restarting in place
    #[arg(long)]
    reschedule: bool,
    /// Only this task; may be repeated
    #[arg(long, value_name = "TASK")]
    task: Vec<String>,
    /// Ask nothing: go on, whatever happens
    #[arg(long)]
    yes: bool,
    /// Show whole ids
    #[arg(long)]
    verbose: bool,
}

impl Verb for JobRestart {
    async fn run(self, shell: &mut Shell) -> Outcome {
        self.check(shell)?;
        let client = self.connect.connect(shell)?;
        let stub = super::find(&client, shell, &self.job).await?;
        if stub.id != self.job && !self.yes && !self.confirmed(shell, &stub)? {
            return Ok(OK);
        }
        let query = [("namespace", stub.namespace.as_str())];
        let job = client.get::<JobRead>(&[&stub.id], &query).await;
        let job = job.map_err(|error| Failure::request("querying job", &error))?.value;
        self.check_against(&job)?;
        let allocs = client.get::<JobAllocations>(&[&stub.id], &query).await;
        let allocs = allocs.map_err(|error| Failure::request("retrieving allocations", &error))?.value;
        let chosen = self.choose(allocs);
        if chosen.is_empty() {
            shell.line("No allocations to restart")?;
            return Ok(OK);
        }
        self.all(shell, &client, &job, &chosen).await
    }
}

impl JobRestart {
    /// What can be told without asking an agent.
    fn check(&self, shell: &Shell) -> Result<(), Failure> {
        let excluded = [
            (self.all_tasks && !self.task.is_empty(), "-all-tasks and -task"),
            (self.reschedule && !self.task.is_empty(), "-reschedule and -task"),
            (self.reschedule && self.all_tasks, "-reschedule and -all-tasks"),
        ];
        if let Some((_, flags)) = excluded.iter().find(|(given, _)| *given) {
            return Err(Failure::new(format!("{flags} exclude each other: leave one out")));
        }
        if self.no_shutdown_delay && !self.reschedule {
            return Err(Failure::new("-no-shutdown-delay needs -reschedule: it is about stopping"));
        }
        if self.batch_wait == BatchWait::Ask && !self.yes && !shell.interactive {
            return Err(Failure::new("-batch-wait=ask needs a terminal: give a duration, or -yes"));
        }
        Ok(())
    }

    /// What the job must have.
    fn check_against(&self, job: &JobInput) -> Result<(), Failure> {
        let groups = || job.task_groups.iter().flatten();
        let group_names: BTreeSet<&str> = groups().filter_map(|group| group.name.as_deref()).collect();
        let tasks = || groups().flat_map(|group| group.tasks.iter().flatten());
        let task_names: BTreeSet<&str> = tasks().filter_map(|task| task.name.as_deref()).collect();
        let unknown = |what: &str, wanted: &[String], known: &BTreeSet<&str>| {
            wanted.iter().find(|name| !known.contains(name.as_str())).map(|name| {
                let known: Vec<&str> = known.iter().copied().collect();
                Failure::new(format!("the job has no {what} `{name}`; it has: {}", known.join(", ")))
            })
        };
        if let Some(failure) = unknown("group", &self.group, &group_names) {
            return Err(failure);
        }
        if let Some(failure) = unknown("task", &self.task, &task_names) {
            return Err(failure);
        }
        let kind = job.kind.as_deref().unwrap_or_default();
        if self.reschedule && matches!(kind, "system" | "sysbatch") {
            let text = format!("allocations of {kind} jobs belong to their nodes: leave -reschedule out");
            return Err(Failure::new(text));
        }
        Ok(())
    }

    /// Those that run, by name.
    fn choose(&self, allocs: Vec<AllocListStub>) -> Vec<AllocListStub> {
        let of_group =
            |alloc: &AllocListStub| self.group.is_empty() || self.group.contains(&alloc.task_group);
        let has_task = |alloc: &AllocListStub| {
            let states = alloc.task_states.iter().flatten();
            self.task.is_empty() || states.into_iter().any(|(name, _)| self.task.contains(name))
        };
        let mut chosen: Vec<_> = allocs
            .into_iter()
            .filter(|alloc| alloc.client_status == "running" && of_group(alloc) && has_task(alloc))
            .collect();
        chosen.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id)));
        chosen
    }

    /// What is done to an allocation that has these tasks.
    fn how(&self, alloc: &AllocListStub) -> How {
        if self.reschedule {
            return How::Reschedule { no_shutdown_delay: self.no_shutdown_delay };
        }
        if self.task.is_empty() {
            return if self.all_tasks { How::All } else { How::Running };
        }
        let states = alloc.task_states.as_ref();
        let there = |task: &&String| states.is_some_and(|states| states.contains_key(*task));
        How::Tasks(self.task.iter().filter(there).cloned().collect())
    }

    async fn all(
        &self,
        shell: &mut Shell,
        client: &Client,
        job: &JobInput,
        chosen: &[AllocListStub],
    ) -> Outcome {
        let size = self.batch_size.of(chosen.len());
        let batches = chosen.len().div_ceil(size);
        headline_at(shell, &format!("Restarting {}", counted(chosen.len(), "allocation")))?;
        let mut failures = 0;
        for (at, batch) in chosen.chunks(size).enumerate() {
            if batches > 1 && size > 1 {
                let text = format!(
                    "Restarting batch {} of {batches}, {}",
                    at + 1,
                    counted(batch.len(), "allocation")
                );
                headline_at(shell, &text)?;
            }
            let failed = self.batch(shell, client, batch).await?;
            failures += failed;
            let is_last = at + 1 == batches;
            if failed > 0 && !self.goes_on_after_errors(shell, is_last)? {
                let left = chosen.len() - (at * size + batch.len());
                let rest = if left > 0 {
                    format!("; {} not touched", counted(left, "allocation"))
                } else {
                    String::new()
                };
                let id = job.id.as_deref().unwrap_or_default();
                let text = format!(
                    "{} of job \"{id}\" could not be restarted{rest}",
                    counted(failures, "allocation")
                );
                return Err(Failure::new(format!("==> {text}")));
            }
            if !is_last && !self.between(shell).await? {
                headline_at(shell, "Restart stopped, as asked")?;
                return Ok(OK);
            }
        }
        if failures == 0 {
            headline_at(shell, "All allocations restarted successfully!")?;
            return Ok(OK);
        }
        // A script that goes through a job must not take this for success.
        Err(Failure::new(format!("==> {} could not be restarted", counted(failures, "allocation"))))
    }

    /// How many failed.
    async fn batch(
        &self,
        shell: &mut Shell,
        client: &Client,
        batch: &[AllocListStub],
    ) -> Result<usize, Failure> {
        let mut failed = 0;
        let mut waiting = batch.iter();
        let mut under_way = JoinSet::new();
        loop {
            while under_way.len() < AT_ONCE
                && let Some(alloc) = waiting.next()
            {
                let how = self.how(alloc);
                detail_at(shell, &how.announce(&short(&alloc.id, self.verbose), &alloc.task_group))?;
                let (client, id, namespace) = (client.clone(), alloc.id.clone(), alloc.namespace.clone());
                under_way.spawn(async move { (how.carry_out(&client, &id, &namespace).await, id) });
            }
            match under_way.join_next().await {
                None => return Ok(failed),
                Some(Ok((Ok(None), _))) => {}
                Some(Ok((Ok(Some(new)), id))) => {
                    let (id, new) = (short(&id, self.verbose), short(&new, self.verbose));
                    detail_at(shell, &format!("Allocation \"{id}\" replaced by \"{new}\""))?;
                }
                Some(Ok((Err(reason), id))) => {
                    failed += 1;
                    let id = short(&id, self.verbose);
                    shell.error(&format!("==> Error restarting allocation \"{id}\": {reason}"))?;
                }
                Some(Err(error)) => {
                    failed += 1;
                    shell.error(&format!("==> Error restarting an allocation: {error}"))?;
                }
            }
        }
    }

    /// After errors of a batch.
    fn goes_on_after_errors(&self, shell: &mut Shell, is_last: bool) -> Result<bool, Failure> {
        if self.yes && self.on_error == OnError::Ask {
            return Ok(true);
        }
        if self.on_error == OnError::Fail || !shell.interactive || is_last {
            return Ok(false);
        }
        let answer = ask(shell, "Some allocations could not be restarted. Proceed? [y/N]", Answer::Stop)?;
        Ok(answer == Answer::Go)
    }

    /// Between two batches; whether there is a next one.
    async fn between(&self, shell: &mut Shell) -> Result<bool, Failure> {
        let wait = match self.batch_wait {
            BatchWait::For(wait) => wait,
            BatchWait::Ask if self.yes => Duration::ZERO,
            BatchWait::Ask => match ask(shell, "Proceed with next batch? [Y/n/<wait duration>]", Answer::Go)?
            {
                Answer::Go => Duration::ZERO,
                Answer::Wait(wait) => wait,
                Answer::Stop | Answer::Unclear => return Ok(false),
            },
        };
        if !wait.is_zero() {
            let shown = muster_jobspec::duration::Nanos::from(wait);
            headline_at(shell, &format!("Waiting {shown} before restarting next batch"))?;
            tokio::time::sleep(wait).await;
        }
        Ok(true)
    }

    /// Asks about a job that the user did not name in full.
    fn confirmed(&self, shell: &mut Shell, job: &JobListStub) -> Result<bool, Failure> {
        let question = format!("Are you sure you want to restart job \"{}\"? [y/N]", job.id);
        Ok(ask(shell, &question, Answer::Stop)? == Answer::Go)
    }
}

/// One question; `usually` is what no answer means. Twice asked, an answer that says nothing stops.
fn ask(shell: &mut Shell, question: &str, usually: Answer) -> Result<Answer, Failure> {
    for _ in 0..2 {
        write!(shell.out, "{question} ")?;
        shell.out.flush()?;
        let mut line = String::new();
        if shell.input.read_line(&mut line)? == 0 {
            return Ok(Answer::Stop);
        }
        match Answer::read(&line, usually) {
            Answer::Unclear => {}
            answer => return Ok(answer),
        }
    }
    Ok(Answer::Stop)
}

/// `1 allocation`, `2 allocations`
fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests;
