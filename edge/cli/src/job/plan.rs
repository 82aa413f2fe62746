//! `job plan`: what registering a job file would change, without doing it.

use std::collections::BTreeMap;

use muster_api::table::JobPlan as Route;
use muster_api::views::{AllocListStub, DesiredUpdatesView, JobPlanRequest, JobPlanResponse};

use super::source::{JobFile, SourceArgs};
use crate::connect::ConnectArgs;
use crate::failure::{Failure, Outcome};
use crate::ids::short;
use crate::shell::Shell;
use crate::table::Table;
use crate::verb::{Refused, Verb};
use crate::{diff, metrics};

/// Nothing would happen to allocations.
const UNCHANGED: u8 = 0;
/// Allocations would come, go or be replaced.
const CHANGES: u8 = 1;
/// The plan could not be made.
const FAILED: u8 = 255;

#[derive(Debug, clap::Args)]
pub(crate) struct JobPlan {
    #[command(flatten)]
    connect: ConnectArgs,
    #[command(flatten)]
    source: SourceArgs,
    /// Show what changes of the job
    #[arg(long, action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "true", value_parser = crate::argv::go_bool)]
    diff: bool,
    /// Show unchanged parts and whole ids too
    #[arg(long)]
    verbose: bool,
    /// Print the plan as JSON
    #[arg(long)]
    json_output: bool,
    /// Print the plan through a Go template
    #[arg(long, value_name = "TEMPLATE")]
    t: Option<String>,
}

impl Verb for JobPlan {
    const REFUSED: &'static [Refused] = &[Refused::POLICY_OVERRIDE, Refused::VAULT_NAMESPACE];

    async fn run(self, shell: &mut Shell) -> Outcome {
        let made = self.make(shell).await;
        let made = match made {
            Ok(made) => made,
            Err(failure) => {
                shell.finish(Err(failure));
                return Ok(FAILED);
            }
        };
        if self.json_output || self.t.is_some() {
            crate::shape::Shape::new(self.json_output, self.t.clone()).print(shell, &made.plan)?;
        } else {
            self.show(shell, &made)?;
        }
        Ok(code(&made.plan))
    }
}

/// A plan, and what it was made of.
struct Made {
    plan: JobPlanResponse,
    on_every_node: bool,
    /// The flags and the file, as they would be given to `job run`.
    rerun: String,
}

impl JobPlan {
    async fn make(&self, shell: &mut Shell) -> Result<Made, Failure> {
        let JobFile { input, .. } = self.source.read(shell)?;
        let client = self.connect.connect(shell)?;
        let place = super::run::place(&input);
        let query: Vec<(&str, &str)> = place.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let id = input.id.clone().unwrap_or_default();
        let on_every_node = matches!(input.kind.as_deref(), Some("system" | "sysbatch"));
        let request = JobPlanRequest { job: Some(input), diff: self.diff, ..JobPlanRequest::default() };
        let answer = client.send_json::<Route>(&[&id], &query, &request).await;
        let plan = answer.map_err(|error| Failure::request("during plan", &error))?.value;
        Ok(Made { plan, on_every_node, rerun: self.source.as_flags() })
    }

    fn show(&self, shell: &mut Shell, made: &Made) -> Result<(), Failure> {
        let Made { plan, on_every_node, rerun } = made;
        if let Some(diff) = plan.diff.as_ref().filter(|_| self.diff) {
            diff::job(diff, self.verbose).iter().try_for_each(|line| shell.diff_line(line))?;
            shell.blank()?;
        }
        shell.bold_line("Scheduler dry-run:")?;
        if plan.failed_groups.is_empty() {
            shell.line("- All tasks successfully allocated.")?;
        } else {
            shell.line(match on_every_node {
                true => "- WARNING: Failed to place allocations on all nodes.",
                false => "- WARNING: Failed to place all allocations.",
            })?;
            for (group, metric) in &plan.failed_groups {
                shell.line(&format!("  {}", metrics::failed_group(group, metric)))?;
                metrics::findings(metric, "    ").iter().try_for_each(|line| shell.line(line))?;
            }
        }
        let next = shell.clock.absolute_text(&plan.next_periodic_launch);
        if !next.is_empty() {
            let until = shell.clock.until_text(&plan.next_periodic_launch);
            let text =
                format!("- If submitted now, next periodic launch would be at {next} ({until} from now).");
            shell.line(&text)?;
        }
        if !plan.warnings.is_empty() {
            shell.heading("Job Warnings:")?;
            shell.line(&plan.warnings)?;
        }
        preemptions(shell, plan.annotations.preempted_allocs.as_deref().unwrap_or_default(), self.verbose)?;
        shell.heading(&format!("Job Modify Index: {}", plan.job_modify_index))?;
        shell.line("To submit the job as it was planned here, run:")?;
        shell.blank()?;
        let (program, index) = (shell.program.clone(), plan.job_modify_index);
        shell.line(&format!("{program} job run -check-index {index} {rerun}"))?;
        shell.blank()?;
        shell.line("With the check-index flag the job is registered only if nobody has changed it since.")
    }
}

/// From so many on, they are counted by job, and jobs by their type.
const MANY: usize = 10;

/// What would have to make room for the job.
fn preemptions(shell: &mut Shell, allocs: &[AllocListStub], verbose: bool) -> Result<(), Failure> {
    if allocs.is_empty() {
        return Ok(());
    }
    shell.heading("Preemptions:")?;
    shell.blank()?;
    let mut table;
    if allocs.len() < MANY {
        table = Table::new(&["Alloc ID", "Job ID", "Task Group"]);
        for alloc in allocs {
            table.row(vec![short(&alloc.id, verbose), alloc.job_id.clone(), alloc.task_group.clone()]);
        }
        return shell.table(&table);
    }
    let mut jobs: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for alloc in allocs {
        *jobs.entry((&alloc.job_id, &alloc.namespace, &alloc.job_type)).or_default() += 1;
    }
    if jobs.len() < MANY {
        table = Table::new(&["Job ID", "Namespace", "Job Type", "Preemptions"]);
        for ((job, namespace, kind), count) in jobs {
            table.row(vec![job.to_owned(), namespace.to_owned(), kind.to_owned(), count.to_string()]);
        }
        return shell.table(&table);
    }
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for ((_, _, kind), count) in jobs {
        *kinds.entry(kind).or_default() += count;
    }
    table = Table::new(&["Job Type", "Preemptions"]);
    for (kind, count) in kinds {
        table.row(vec![kind.to_owned(), count.to_string()]);
    }
    shell.table(&table)
}

/// Whether allocations would come, go or be replaced.
fn code(plan: &JobPlanResponse) -> u8 {
    let moves = |group: &DesiredUpdatesView| {
        group.stop + group.place + group.migrate + group.destructive_update + group.canary > 0
    };
    if plan.annotations.groups.values().any(moves) { CHANGES } else { UNCHANGED }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::testing::shell;

    fn shown(count: usize, jobs: usize, kinds: usize) -> String {
        let alloc = |at: usize| AllocListStub {
            id: format!("{at:08}-0000"),
            job_id: format!("job{:02}", at % jobs),
            namespace: "default".into(),
            job_type: ["batch", "service"][at % kinds].into(),
            task_group: "g".into(),
            ..AllocListStub::default()
        };
        let allocs: Vec<_> = (0..count).map(alloc).collect();
        let (mut sh, captured) = shell();
        preemptions(&mut sh, &allocs, false).unwrap();
        captured.out()
    }

    #[test]
    fn many_preemptions_are_summed_up() {
        assert_eq!(shown(0, 1, 1), "");
        let few =
            "\nPreemptions:\n\nAlloc ID  Job ID  Task Group\n00000000  job00   g\n00000001  job00   g\n";
        assert_eq!(shown(2, 1, 1), few);
        let by_job = "\nPreemptions:\n\nJob ID  Namespace  Job Type  Preemptions\n\
                      job00   default    batch     6\njob01   default    service   6\n";
        assert_eq!(shown(12, 2, 2), by_job);
        let by_kind = "\nPreemptions:\n\nJob Type  Preemptions\nbatch     12\nservice   12\n";
        assert_eq!(shown(24, 24, 2), by_kind);
    }
}
