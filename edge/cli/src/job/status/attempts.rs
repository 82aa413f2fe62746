//! When failed allocations will be tried again elsewhere.

use std::collections::BTreeMap;

use muster_api::views::EvalView;
use muster_jobspec::JobInput;
use muster_jobspec::input::RescheduleInput;

use super::Details;
use crate::ids::short;
use crate::shell::Shell;
use crate::table::Table;

/// The next attempt of each group; `None` when none is planned.
pub(super) fn table(shell: &Shell, job: &JobInput, details: &Details, verbose: bool) -> Option<Table> {
    let planned = planned(details);
    if planned.is_empty() {
        return None;
    }
    let mut table = match verbose {
        true => Table::new(&["Task Group", "Reschedule Policy", "Eval ID", "Eval Time"]),
        false => Table::new(&["Task Group", "Eval ID", "Eval Time"]),
    };
    for (group, eval) in planned {
        let mut row = vec![group.to_owned()];
        if verbose {
            row.push(policy(job, group).unwrap_or_default());
        }
        let time = shell.clock.shown_text(eval.wait_until.as_deref().unwrap_or_default(), verbose);
        row.extend([short(&eval.id, verbose), time]);
        table.row(row);
    }
    Some(table)
}

fn planned(details: &Details) -> BTreeMap<&str, &EvalView> {
    let mut planned: BTreeMap<&str, &EvalView> = BTreeMap::new();
    // One out of contact has an evaluation that gives it up, which is no attempt.
    let failed = details.allocations.iter().filter(|alloc| alloc.client_status != "unknown");
    for alloc in failed.filter(|alloc| !alloc.followup_eval_id.is_empty()) {
        let eval = details.evaluations.iter().find(|eval| eval.id == alloc.followup_eval_id);
        // One that is over has brought its replacement, or could not.
        let Some(eval) = eval.filter(|eval| eval.status == "pending") else { continue };
        let soonest = planned.entry(&alloc.task_group).or_insert(eval);
        if eval.wait_until < soonest.wait_until {
            *soonest = eval;
        }
    }
    planned
}

/// `unlimited with exponential delay, max_delay = 1h0m0s`
fn policy(job: &JobInput, group: &str) -> Option<String> {
    let mut groups = job.task_groups.iter().flatten();
    let group = groups.find(|other| other.name.as_deref() == Some(group))?;
    let RescheduleInput { attempts, interval, delay_function, max_delay, unlimited, .. } =
        group.reschedule_policy.as_ref()?;
    let function = delay_function.as_deref().unwrap_or("exponential");
    let often = match (unlimited, interval) {
        (Some(true), _) | (_, None) => "unlimited".to_owned(),
        (_, Some(interval)) => format!("{} in {interval}", attempts.unwrap_or(0)),
    };
    let longest = max_delay.filter(|_| function != "constant").map(|delay| format!(", max_delay = {delay}"));
    Some(format!("{often} with {function} delay{}", longest.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;
    use crate::testing::shell;

    #[test]
    fn the_soonest_attempt_of_each_group_is_told() {
        let eval = |id: &str, status: &str, at: &str| json!({"ID": id, "Status": status, "WaitUntil": at});
        let alloc = |group: &str, eval: &str| json!({"TaskGroup": group, "FollowupEvalID": eval});
        let details = Details {
            allocations: serde_json::from_value(json!([
                alloc("a", "11111111-late"),
                alloc("a", "22222222-soon"),
                alloc("b", "33333333-over"),
                alloc("c", ""),
                {"TaskGroup": "d", "FollowupEvalID": "22222222-soon", "ClientStatus": "unknown"},
            ]))
            .unwrap(),
            evaluations: serde_json::from_value(json!([
                eval("11111111-late", "pending", "1970-01-01T00:18:00Z"),
                eval("22222222-soon", "pending", "1970-01-01T00:17:00Z"),
                eval("33333333-over", "complete", "1970-01-01T00:10:00Z"),
            ]))
            .unwrap(),
            ..Details::default()
        };
        let job: JobInput = serde_json::from_value(json!({"TaskGroups": [{"Name": "a", "ReschedulePolicy":
            {"Unlimited": true, "DelayFunction": "exponential", "MaxDelay": 3_600_000_000_000_i64}}]}))
        .unwrap();
        let (sh, _) = shell();
        let lines = |verbose| table(&sh, &job, &details, verbose).map(|table| table.lines());
        assert_eq!(
            lines(false).unwrap(),
            ["Task Group  Eval ID   Eval Time", "a           22222222  20s from now"]
        );
        let whole = lines(true).unwrap().pop().unwrap();
        assert_eq!(
            whole,
            "a           unlimited with exponential delay, max_delay = 1h0m0s  22222222-soon  1970-01-01T00:17:00Z"
        );
        assert!(table(&sh, &job, &Details::default(), false).is_none());
    }
}
