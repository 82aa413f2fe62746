//! One job as text (`cli.md` section 5).

use muster_api::views::EvalView;
use muster_jobspec::JobInput;

use super::Details;
use crate::alloc::deadline::RunLimits;
use crate::failure::Failure;
use crate::ids::short;
use crate::keyvalue::KeyValues;
use crate::metrics;
use crate::shell::Shell;
use crate::table::Table;

pub(super) fn header(shell: &mut Shell, job: &JobInput) -> Result<(), Failure> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let periodic = job.periodic.as_ref().is_some_and(|periodic| periodic.enabled != Some(false));
    let mut pairs = KeyValues::default();
    pairs.add("ID", text(&job.id));
    pairs.add("Name", text(&job.name));
    pairs.add("Submit Date", shell.clock.absolute(job.submit_time.unwrap_or(0)));
    pairs.add("Type", text(&job.kind));
    pairs.add("Priority", job.priority.unwrap_or(0).to_string());
    pairs.add("Datacenters", job.datacenters.as_deref().unwrap_or_default().join(","));
    pairs.add("Namespace", text(&job.namespace));
    pairs.add("Node Pool", text(&job.node_pool));
    pairs.add("Status", crate::job::status_text(&text(&job.status), job.stop == Some(true)));
    pairs.add("Periodic", periodic.to_string());
    pairs.add("Parameterized", super::children::is_parameterized(job).to_string());
    pairs.add_some("Idempotency Token", &text(&job.dispatch_idempotency_token));
    pairs
        .add_some("Next Periodic Launch", &crate::job::periodic::next_launch(shell, job).unwrap_or_default());
    shell.pairs(&pairs)
}

pub(super) fn sections(
    shell: &mut Shell,
    job: &JobInput,
    details: &Details,
    evals: bool,
    verbose: bool,
) -> Result<(), Failure> {
    summary(shell, details)?;
    if evals {
        evaluations(shell, &details.evaluations, verbose)?;
    }
    if let Some(table) = super::attempts::table(shell, job, details, verbose) {
        shell.heading("Future Rescheduling Attempts")?;
        shell.table(&table)?;
    }
    placement_failure(shell, &details.evaluations)?;
    if let Some(deployment) = &details.latest_deployment {
        crate::deployment::show::latest(shell, deployment, verbose)?;
    }
    shell.heading("Allocations")?;
    let limits = RunLimits::of(job);
    match crate::alloc::timed_table(shell, &details.allocations, verbose, &limits) {
        Some(table) => shell.table(&table),
        None => shell.line("No allocations placed"),
    }
}

fn summary(shell: &mut Shell, details: &Details) -> Result<(), Failure> {
    shell.heading("Summary")?;
    let mut table =
        Table::new(&["Task Group", "Queued", "Starting", "Running", "Failed", "Complete", "Lost", "Unknown"]);
    for (group, counts) in &details.summary.summary {
        let counts = [
            counts.queued,
            counts.starting,
            counts.running,
            counts.failed,
            counts.complete,
            counts.lost,
            counts.unknown,
        ];
        table.row(std::iter::once(group.clone()).chain(counts.iter().map(ToString::to_string)).collect());
    }
    shell.table(&table)
}

fn evaluations(shell: &mut Shell, evals: &[EvalView], verbose: bool) -> Result<(), Failure> {
    shell.heading("Evaluations")?;
    let mut newest_first: Vec<&EvalView> = evals.iter().collect();
    newest_first.sort_by_key(|eval| std::cmp::Reverse(eval.create_index));
    let mut table = Table::new(&["ID", "Priority", "Triggered By", "Status", "Placement Failures"]);
    for eval in newest_first {
        table.row(vec![
            short(&eval.id, verbose),
            eval.priority.to_string(),
            eval.triggered_by.clone(),
            eval.status.clone(),
            crate::eval::placement_failures(eval).to_owned(),
        ]);
    }
    shell.table(&table)
}

/// Why the newest placements failed, while an evaluation still waits for room.
fn placement_failure(shell: &mut Shell, evals: &[EvalView]) -> Result<(), Failure> {
    let waiting = evals.iter().any(|eval| eval.status == "blocked");
    let failed =
        evals.iter().filter(|eval| !eval.failed_groups.is_empty()).max_by_key(|eval| eval.create_index);
    let Some(failed) = failed.filter(|_| waiting) else { return Ok(()) };
    shell.heading("Placement Failure")?;
    for (group, metric) in &failed.failed_groups {
        shell.line(&format!("Task Group \"{group}\":"))?;
        for line in metrics::findings(metric, "  ") {
            shell.line(&line)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::testing::{NOW, shell};
    use muster_api::views::{AllocListStub, GroupSummaryView, JobSummaryView, MetricView};

    fn details() -> Details {
        let alloc = AllocListStub {
            id: "a1a1a1a1-0000-4000-8000-000000000000".into(),
            node_id: "b2b2b2b2-0000-4000-8000-000000000000".into(),
            task_group: "g".into(),
            job_version: 3,
            desired_status: "run".into(),
            client_status: "running".into(),
            create_time: NOW - 123_000_000_000,
            modify_time: NOW - 5_000_000_000,
            ..AllocListStub::default()
        };
        let failed = EvalView {
            id: "c3c3c3c3-0000".into(),
            priority: 50,
            triggered_by: "job-register".into(),
            status: "complete".into(),
            failed_groups: [(
                "g".to_owned(),
                MetricView { nodes_evaluated: 1, nodes_exhausted: 1, ..MetricView::default() },
            )]
            .into(),
            create_index: 7,
            ..EvalView::default()
        };
        let blocked = EvalView {
            id: "d4d4d4d4-0000".into(),
            status: "blocked".into(),
            create_index: 8,
            ..EvalView::default()
        };
        let counts = GroupSummaryView { running: 2, queued: 1, ..GroupSummaryView::default() };
        Details {
            summary: JobSummaryView {
                summary: [("g".to_owned(), counts)].into(),
                ..JobSummaryView::default()
            },
            allocations: vec![alloc],
            latest_deployment: None,
            evaluations: vec![failed, blocked],
        }
    }

    #[test]
    fn one_job_as_its_operator_sees_it() {
        let (mut sh, captured) = shell();
        let text = |text: &str| Some(text.to_owned());
        let job = JobInput {
            id: text("web"),
            name: text("web"),
            kind: text("service"),
            priority: Some(50),
            datacenters: Some(vec!["dc1".into(), "dc2".into()]),
            namespace: text("default"),
            node_pool: text("default"),
            status: text("dead"),
            stop: Some(true),
            submit_time: Some(NOW),
            ..JobInput::default()
        };
        header(&mut sh, &job).unwrap();
        sections(&mut sh, &job, &details(), true, false).unwrap();
        assert_eq!(captured.out(), EXPECTED);
    }

    #[test]
    fn failures_of_the_past_are_not_shown_once_nothing_waits() {
        let (mut sh, captured) = shell();
        let mut details = details();
        details.evaluations.pop();
        details.allocations.clear();
        sections(&mut sh, &JobInput::default(), &details, false, false).unwrap();
        assert!(!captured.out().contains("Placement Failure"));
        assert!(captured.out().ends_with("Allocations\nNo allocations placed\n"));
    }

    const EXPECTED: &str = "\
ID            = web
Name          = web
Submit Date   = 1970-01-01T00:16:40Z
Type          = service
Priority      = 50
Datacenters   = dc1,dc2
Namespace     = default
Node Pool     = default
Status        = dead (stopped)
Periodic      = false
Parameterized = false

Summary
Task Group  Queued  Starting  Running  Failed  Complete  Lost  Unknown
g           1       0         2        0       0         0     0

Evaluations
ID        Priority  Triggered By  Status    Placement Failures
d4d4d4d4  0         <none>        blocked   N/A - In Progress
c3c3c3c3  50        job-register  complete  true

Placement Failure
Task Group \"g\":
  * Resources exhausted on 1 nodes

Allocations
ID        Node ID   Task Group  Version  Desired  Status   Created   Modified
a1a1a1a1  b2b2b2b2  g           3        run      running  2m3s ago  5s ago
";
}
