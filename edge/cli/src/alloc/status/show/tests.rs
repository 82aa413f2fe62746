#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;
use crate::testing::{NOW, shell};

fn alloc() -> AllocView {
    serde_json::from_value(json!({
        "ID": "a1a1a1a1-0000-4000-8000-000000000000",
        "EvalID": "e1e1e1e1-0000-4000-8000-000000000000",
        "NodeID": "b2b2b2b2-0000-4000-8000-000000000000",
        "Name": "web.g[0]", "NodeName": "n1", "JobID": "web", "TaskGroup": "g",
        "ClientStatus": "running", "DesiredStatus": "run",
        "CreateTime": NOW - 60_000_000_000_i64, "ModifyTime": NOW,
        "Job": {"Version": 2, "TaskGroups": [{
            "Name": "g",
            "Networks": [{"Mode": "host", "DynamicPorts": [{"Label": "http"}]}],
            "Tasks": [{"Name": "init", "Lifecycle": {"Hook": "prestart", "Sidecar": true}}, {"Name": "main"}],
        }]},
        "AllocatedResources": {
            "Tasks": {"init": {"Cpu": {"CpuShares": 10}, "Memory": {"MemoryMB": 20}},
                      "main": {"Cpu": {"CpuShares": 100}, "Memory": {"MemoryMB": 300}}},
            "Shared": {"DiskMB": 300, "Ports": [{"Label": "http", "Value": 20001, "To": 80, "HostIP": "10.0.0.1"}]},
        },
        "TaskStates": {
            "main": {"State": "running", "StartedAt": "1970-01-01T00:15:40Z", "FinishedAt": null,
                "LastRestart": "0001-01-01T00:00:00Z", "Restarts": 1, "Events": [
                {"Type": "Received", "Time": NOW - 60_000_000_000_i64, "DisplayMessage": "Task received by client"},
                {"Type": "Started", "Time": NOW, "DisplayMessage": "Task started by client"}]},
        },
        "Metrics": {"NodesEvaluated": 1, "ScoreMetaData":
            [{"NodeID": "b2b2b2b2-0000-4000-8000-000000000000", "Scores": {"binpack": 0.5}, "NormScore": 0.5}]},
    }))
    .unwrap()
}

#[test]
fn the_long_form_tells_everything() {
    let (mut sh, captured) = shell();
    long_form(&mut sh, &alloc(), &Shown::default()).unwrap();
    assert_eq!(captured.out(), LONG);
}

#[test]
fn the_short_form_has_a_line_for_each_task() {
    let (mut sh, captured) = shell();
    short_form(&mut sh, &alloc(), false).unwrap();
    let expected = "\
ID       = a1a1a1a1
Name     = web.g[0]
Created  = 1m ago
Modified = 0s ago

Tasks
Name  State    Last Event  Time                  Lifecycle
init  pending  <none>      <none>                prestart sidecar
main  running  Started     1970-01-01T00:16:40Z  main
";
    assert_eq!(captured.out(), expected);
}

#[test]
fn verbose_adds_the_account_of_the_placement() {
    let (mut sh, captured) = shell();
    long_form(&mut sh, &alloc(), &Shown { verbose: true, ..Shown::default() }).unwrap();
    let out = captured.out();
    assert!(out.contains("Evaluated Nodes     = 1\n"), "{out}");
    let table = "\nPlacement Metrics\nNode                                  binpack  final score\n\
                 b2b2b2b2-0000-4000-8000-000000000000  0.5      0.5\n";
    assert!(out.ends_with(table), "{out}");
}

#[test]
fn what_is_used_stands_before_what_is_given() {
    let (mut sh, captured) = shell();
    let usage = serde_json::from_value(json!({"Tasks": {"main": {"ResourceUsage": {
        "MemoryStats": {"RSS": 3_145_728, "Swap": 0, "Measured": ["Swap", "RSS"]},
        "CpuStats": {"Percent": 2.5, "TotalTicks": 50.9, "Measured": ["Percent"]},
    }}}}))
    .unwrap();
    long_form(&mut sh, &alloc(), &Shown { usage: Some(usage), stats: true, ..Shown::default() }).unwrap();
    let expected = "\
CPU         Memory           Disk     Addresses
50/100 MHz  3.0 MiB/300 MiB  300 MiB  <none>

Memory Stats
RSS      Swap
3.0 MiB  0 B

CPU Stats
Percent
2.50%
";
    assert!(captured.out().contains(expected), "{}", captured.out());
}

#[test]
fn attempts_after_failures_are_told() {
    let (mut sh, captured) = shell();
    let mut alloc = alloc();
    alloc.next_allocation = "ffffffff-0000-4000-8000-000000000000".into();
    alloc.reschedule_tracker = Some(
        serde_json::from_value(json!({"LastReschedule": "ok", "Events": [
            {"RescheduleTime": NOW - 7_200_000_000_000_i64}, {"RescheduleTime": NOW - 60_000_000_000_i64}]}))
        .unwrap(),
    );
    let group = &mut alloc.job.as_mut().unwrap().task_groups.as_mut().unwrap()[0];
    group.reschedule_policy = Some(
        serde_json::from_value(json!({"Attempts": 3, "Interval": 3_600_000_000_000_u64, "Unlimited": false}))
            .unwrap(),
    );
    group.max_run_duration = Some(muster_jobspec::duration::Nanos(600_000_000_000));
    let shown = Shown { retry_at: Some("1970-01-01T00:17:10Z".into()), ..Shown::default() };
    long_form(&mut sh, &alloc, &shown).unwrap();
    let out = captured.out();
    let lines = "Max Run Deadline       = 9m from now\nReschedule Attempts    = 1/3\n\
                 Replacement Alloc ID   = ffffffff\nReschedule Eligibility = 30s from now\n";
    assert!(out.contains(lines), "{out}");
}

const LONG: &str = "\
ID                  = a1a1a1a1-0000-4000-8000-000000000000
Eval ID             = e1e1e1e1
Name                = web.g[0]
Node ID             = b2b2b2b2
Node Name           = n1
Job ID              = web
Job Version         = 2
Client Status       = running
Client Description  = <none>
Desired Status      = run
Desired Description = <none>
Created             = 1m ago
Modified            = 0s ago

Allocation Addresses (mode = \"host\"):
Label  Dynamic  Address
*http  yes      10.0.0.1:20001 -> 80

Task \"init\" (prestart sidecar) is \"pending\"
Task Resources:
CPU     Memory  Disk     Addresses
10 MHz  20 MiB  300 MiB  <none>

Task Events:
Started At     = N/A
Finished At    = N/A
Total Restarts = 0
Last Restart   = N/A

Task \"main\" is \"running\"
Task Resources:
CPU      Memory   Disk     Addresses
100 MHz  300 MiB  300 MiB  <none>

Task Events:
Started At     = 1970-01-01T00:15:40Z
Finished At    = N/A
Total Restarts = 1
Last Restart   = N/A

Recent Events:
Time                  Type      Description
1970-01-01T00:16:40Z  Started   Task started by client
1970-01-01T00:15:40Z  Received  Task received by client
";
