//! An evaluation as text.

mod annotations;

use muster_api::views::{AllocListStub, EvalStubView, EvalView};

use crate::failure::Failure;
use crate::ids::short;
use crate::keyvalue::KeyValues;
use crate::metrics;
use crate::shell::Shell;
use crate::table::Table;

pub(super) fn evaluation(
    shell: &mut Shell,
    eval: &EvalView,
    allocs: &[AllocListStub],
    verbose: bool,
) -> Result<(), Failure> {
    let pairs = header(shell, eval, verbose);
    shell.pairs(&pairs)?;
    let relatives = eval.related_evals.as_deref().unwrap_or_default();
    if !relatives.is_empty() {
        shell.heading("Related Evaluations")?;
        shell.table(&related(relatives, verbose))?;
    }
    if let Some(plan) = &eval.plan_annotations {
        shell.heading("Plan Annotations")?;
        shell.table(&annotations::groups(plan, verbose))?;
        let preempted = plan.preempted_allocs.as_deref().unwrap_or_default();
        if !preempted.is_empty() {
            shell.heading("Preempted Allocations")?;
            let table = allocations(shell, preempted, verbose);
            shell.table(&table)?;
        }
    }
    if !allocs.is_empty() {
        shell.heading("Placed Allocations")?;
        let table = allocations(shell, allocs, verbose);
        shell.table(&table)?;
    }
    failed_placements(shell, eval, verbose)?;
    if !eval.missing_non_node_resources.is_empty() {
        shell.heading("Missing Resources")?;
        eval.missing_non_node_resources.iter().try_for_each(|name| shell.line(&format!("* {name}")))?;
    }
    Ok(())
}

fn failed_placements(shell: &mut Shell, eval: &EvalView, verbose: bool) -> Result<(), Failure> {
    if eval.failed_groups.is_empty() {
        return Ok(());
    }
    shell.heading("Failed Placements")?;
    for (group, metric) in &eval.failed_groups {
        shell.line(&metrics::failed_group(group, metric))?;
        for line in metrics::findings(metric, "  ") {
            shell.line(&line)?;
        }
    }
    if !eval.blocked_eval.is_empty() {
        let blocked = short(&eval.blocked_eval, verbose);
        shell.line(&format!(
            "\nEvaluation \"{blocked}\" waiting for additional capacity to place remainder"
        ))?;
    }
    Ok(())
}

fn header(shell: &Shell, eval: &EvalView, verbose: bool) -> KeyValues {
    let description = match eval.status_description.as_str() {
        "" => eval.status.as_str(),
        text => text,
    };
    let mut pairs = KeyValues::default();
    pairs.add("ID", short(&eval.id, verbose));
    pairs.add("Create Time", shell.clock.shown(eval.create_time, verbose));
    pairs.add("Modify Time", shell.clock.shown(eval.modify_time, verbose));
    pairs.add("Status", eval.status.as_str());
    pairs.add("Status Description", description);
    pairs.add("Type", eval.kind.as_str());
    pairs.add("TriggeredBy", eval.triggered_by.as_str());
    pairs.add("Job ID", eval.job_id.as_str());
    pairs.add("Namespace", eval.namespace.as_str());
    if eval.triggered_by == "node-update" {
        pairs.add("Node ID", short(&eval.node_id, verbose));
    }
    if eval.triggered_by == "max-plan-attempts" {
        pairs.add("Previous Eval", short(&eval.previous_eval, verbose));
    }
    pairs.add("Priority", eval.priority.to_string());
    pairs.add("Placement Failures", crate::eval::placement_failures(eval));
    pairs.add_some("Wait Until", &shell.clock.absolute_text(eval.wait_until.as_deref().unwrap_or_default()));
    pairs.add_some("Quota Limit Reached", &eval.quota_limit_reached);
    pairs.add("Previous Eval", short(&eval.previous_eval, verbose));
    pairs.add("Next Eval", short(&eval.next_eval, verbose));
    pairs.add("Blocked Eval", short(&eval.blocked_eval, verbose));
    pairs
}

fn related(evals: &[EvalStubView], verbose: bool) -> Table {
    let mut table = Table::new(&["ID", "Priority", "Triggered By", "Node ID", "Status", "Description"]);
    for eval in evals {
        table.row(vec![
            short(&eval.id, verbose),
            eval.priority.to_string(),
            eval.triggered_by.clone(),
            short(&eval.node_id, verbose),
            eval.status.clone(),
            eval.status_description.clone(),
        ]);
    }
    table
}

fn allocations(shell: &Shell, allocs: &[AllocListStub], verbose: bool) -> Table {
    let mut table = Table::new(&[
        "ID",
        "Job ID",
        "Node ID",
        "Task Group",
        "Version",
        "Desired",
        "Status",
        "Created",
        "Modified",
    ]);
    for alloc in allocs {
        table.row(vec![
            short(&alloc.id, verbose),
            alloc.job_id.clone(),
            short(&alloc.node_id, verbose),
            alloc.task_group.clone(),
            alloc.job_version.to_string(),
            alloc.desired_status.clone(),
            alloc.client_status.clone(),
            shell.clock.shown(alloc.create_time, verbose),
            shell.clock.shown(alloc.modify_time, verbose),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::testing::{NOW, shell};
    use muster_api::views::{DesiredUpdatesView, MetricView, PlanAnnotationsView};

    #[test]
    fn failed_placements_come_last() {
        let (mut sh, captured) = shell();
        let metric = MetricView { nodes_evaluated: 1, coalesced_failures: 1, ..MetricView::default() };
        let eval = EvalView {
            id: "e1e1e1e1-0000".into(),
            status: "complete".into(),
            kind: "service".into(),
            triggered_by: "job-register".into(),
            job_id: "web".into(),
            namespace: "default".into(),
            priority: 50,
            create_time: NOW,
            modify_time: NOW,
            blocked_eval: "f2f2f2f2-0000".into(),
            failed_groups: [("g".to_owned(), metric)].into(),
            related_evals: Some(vec![EvalStubView {
                id: "f2f2f2f2-0000".into(),
                priority: 50,
                triggered_by: "queued-allocs".into(),
                status: "blocked".into(),
                status_description: "created to place remaining allocations".into(),
                ..EvalStubView::default()
            }]),
            ..EvalView::default()
        };
        evaluation(&mut sh, &eval, &[], false).unwrap();
        let expected = "\
ID                 = e1e1e1e1
Create Time        = 0s ago
Modify Time        = 0s ago
Status             = complete
Status Description = complete
Type               = service
TriggeredBy        = job-register
Job ID             = web
Namespace          = default
Priority           = 50
Placement Failures = true
Previous Eval      = <none>
Next Eval          = <none>
Blocked Eval       = f2f2f2f2

Related Evaluations
ID        Priority  Triggered By   Node ID  Status   Description
f2f2f2f2  50        queued-allocs  <none>   blocked  created to place remaining allocations

Failed Placements
Task Group \"g\" (failed to place 2 allocations):

Evaluation \"f2f2f2f2\" waiting for additional capacity to place remainder
";
        assert_eq!(captured.out(), expected);
    }

    fn shown(eval: &EvalView, verbose: bool) -> String {
        let (mut sh, captured) = shell();
        evaluation(&mut sh, eval, &[], verbose).unwrap();
        // What is above is the same for all.
        captured.out().split_once("\n\n").unwrap().1.to_owned()
    }

    #[test]
    fn annotations_and_what_made_room_stand_before_the_rest() {
        let updates =
            DesiredUpdatesView { place: 1, ignore: 2, preemptions: 1, ..DesiredUpdatesView::default() };
        let victim = AllocListStub {
            id: "a1a1a1a1-0000".into(),
            job_id: "low".into(),
            node_id: "b2b2b2b2-0000".into(),
            task_group: "g".into(),
            job_version: 3,
            desired_status: "evict".into(),
            client_status: "complete".into(),
            create_time: NOW,
            modify_time: NOW,
            ..AllocListStub::default()
        };
        let plan = PlanAnnotationsView {
            groups: [("g".to_owned(), updates)].into(),
            preempted_allocs: Some(vec![victim]),
        };
        let eval = EvalView {
            id: "e1e1e1e1-0000".into(),
            status: "complete".into(),
            plan_annotations: Some(plan),
            missing_non_node_resources: vec!["volume \"v\"".into()],
            ..EvalView::default()
        };
        let expected = "\
Plan Annotations
Task Group  Ignore  Place  Stop  InPlace  Destructive  Preemptions
g           2       1      0     0        0            1

Preempted Allocations
ID        Job ID  Node ID   Task Group  Version  Desired  Status    Created  Modified
a1a1a1a1  low     b2b2b2b2  g           3        evict    complete  0s ago   0s ago

Missing Resources
* volume \"v\"
";
        assert_eq!(shown(&eval, false), expected);
        let all = "Task Group  Ignore  Place  Stop  InPlace  Destructive  Migrate  Canary  Preemptions  \
                   Reschedule Now  Reschedule Later  Disconnect  Reconnect\n";
        let verbose = shown(&eval, true);
        assert!(verbose.contains(all), "{verbose}");
    }
}
