//! What becomes of allocations that fail or take too long, through the real binary called `nomad`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::Duration;

use common::{LIMIT, as_nomad, id, options, register, shell_job, wait_allocs, wait_nodes};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

fn agent(root: &TempDir) -> Agent {
    let mut options = as_nomad(root, "dev");
    options.args = vec!["-dev".to_owned()];
    let agent = options.start();
    wait_nodes(&agent, 1);
    agent
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap()
}

const SECOND: Duration = Duration::from_secs(1);

/// Never restarted; `reschedule` is how it is tried elsewhere.
fn brittle(id: &str, kind: &str, script: &str, reschedule: &Value) -> Value {
    let mut job = shell_job(id, kind, 1, script);
    job["TaskGroups"][0]["RestartPolicy"] =
        json!({"Attempts": 0, "Mode": "fail", "Interval": nanos(60 * SECOND), "Delay": nanos(SECOND)});
    job["TaskGroups"][0]["ReschedulePolicy"] = reschedule.clone();
    job
}

fn kinds_and_texts(alloc: &Value) -> String {
    let events = alloc["TaskStates"]["main"]["Events"].as_array().cloned().unwrap_or_default();
    events.iter().map(|event| format!("{}: {}\n", event["Type"], event["DisplayMessage"])).collect()
}

#[test]
fn an_allocation_that_runs_too_long_fails_with_the_reason() {
    let root = tempdir().unwrap();
    let agent = agent(&root);
    let never = json!({"Attempts": 0, "Unlimited": false});
    let mut job = brittle("slow", "batch", "echo begun; exec sleep 1000", &never);
    job["TaskGroups"][0]["MaxRunDuration"] = json!(nanos(2 * SECOND));
    let answer = register(&agent, &job);
    assert_eq!(answer["Warnings"], "", "it acts: {answer:#}");
    let running = wait_allocs(&agent, "slow", "running", 1).remove(0);
    let status = agent.cli(&["alloc", "status", id(&running)]).ok();
    assert!(status.contains("Max Run Deadline"), "{status}");
    let table = agent.cli(&["job", "status", "slow"]).ok();
    assert!(table.contains("Max Run Deadline"), "{table}");
    assert!(agent.cli(&["job", "allocs", "slow"]).ok().contains("Max Run Deadline"));
    let failed = wait_allocs(&agent, "slow", "failed", 1).remove(0);
    let events = kinds_and_texts(&failed);
    assert!(events.contains("max_run_duration of 2s is over"), "{events}");
    assert!(failed["TaskStates"]["main"]["Failed"] == true, "{failed:#}");

    // One that is done in time is not touched, and other kinds of jobs have no such limit.
    let mut quick = brittle("quick", "batch", "true", &never);
    quick["TaskGroups"][0]["MaxRunDuration"] = json!(nanos(60 * SECOND));
    register(&agent, &quick);
    wait_allocs(&agent, "quick", "complete", 1);
    let mut service = shell_job("service", "service", 1, "true");
    service["TaskGroups"][0]["MaxRunDuration"] = json!(nanos(SECOND));
    let (code, text) = agent.put("/v1/jobs", &json!({"Job": service})).unwrap();
    assert!(code == 500 && text.contains("max_run_duration can only be used with"), "{text}");
}

#[test]
fn time_runs_on_while_the_agent_is_away() {
    let root = tempdir().unwrap();
    let server = options(&root, "server").server().start();
    let mut client = options(&root, "client").client(server.options.rpc_port, "").start();
    wait_nodes(&server, 1);
    let never = json!({"Attempts": 0, "Unlimited": false});
    let mark = root.path().join("alive");
    let script = format!("trap 'exit 0' TERM; while :; do date +%s%N > {}; sleep 0.05; done", mark.display());
    let mut job = brittle("slow", "batch", &script, &never);
    job["TaskGroups"][0]["MaxRunDuration"] = json!(nanos(3 * SECOND));
    register(&server, &job);
    wait_allocs(&server, "slow", "running", 1);
    client.kill();
    let begun = std::fs::read_to_string(&mark).unwrap().trim().parse::<u64>().unwrap();
    eventually("its time being over", LIMIT, || {
        let text = std::fs::read_to_string(&mark).map_err(|error| error.to_string())?;
        let now = text.trim().parse::<u64>().map_err(|error| error.to_string())?;
        (now > begun + nanos(4 * SECOND)).then_some(()).ok_or(text)
    });
    client.restart();
    let failed = wait_allocs(&server, "slow", "failed", 1).remove(0);
    let events = kinds_and_texts(&failed);
    assert!(events.contains("max_run_duration of 3s is over"), "{events}");
}

#[test]
fn attempts_elsewhere_are_counted_told_and_end() {
    let root = tempdir().unwrap();
    let agent = agent(&root);
    let policy = json!({"Attempts": 2, "Interval": nanos(3600 * SECOND), "Delay": nanos(5 * SECOND),
                        "DelayFunction": "constant", "Unlimited": false});
    register(&agent, &brittle("bad", "batch", "exit 3", &policy));
    let first = wait_allocs(&agent, "bad", "failed", 1).remove(0);
    let follow_up = eventually("a follow-up being planned", LIMIT, || {
        let alloc = agent.try_get(&format!("/v1/allocation/{}", id(&first)))?;
        alloc["FollowupEvalID"].as_str().map(str::to_owned).ok_or_else(|| alloc.to_string())
    });
    let eval = agent.get(&format!("/v1/evaluation/{follow_up}"));
    assert_eq!(
        (&eval["TriggeredBy"], &eval["StatusDescription"]),
        (&json!("alloc-reschedule"), &json!("created for delayed rescheduling"))
    );
    let listed = agent.get("/v1/job/bad/allocations");
    assert_eq!(listed[0]["FollowupEvalID"], json!(follow_up));
    let status = agent.cli(&["alloc", "status", id(&first)]).ok();
    assert!(status.contains("Reschedule Eligibility") && status.contains("from now"), "{status}");
    let status = agent.cli(&["job", "status", "bad"]).ok();
    assert!(status.contains("Future Rescheduling Attempts"), "{status}");

    // Whoever does not want to wait need not.
    let forced = agent.cli(&["job", "eval", "-force-reschedule", "bad"]).ok();
    assert!(forced.contains("created: node"), "{forced}");
    let second =
        wait_allocs(&agent, "bad", "failed", 2).into_iter().find(|alloc| id(alloc) != id(&first)).unwrap();
    let second = agent.get(&format!("/v1/allocation/{}", id(&second)));
    let tracker = &second["RescheduleTracker"];
    assert_eq!(
        (&tracker["LastReschedule"], &tracker["Events"][0]["PrevAllocID"]),
        (&json!("ok"), &first["ID"])
    );
    assert_eq!(
        (&tracker["Events"][0]["PrevNodeID"], &tracker["Events"][0]["Delay"]),
        (&first["NodeID"], &json!(nanos(5 * SECOND)))
    );
    assert_eq!(second["PreviousAllocation"], first["ID"]);
    let before = agent.get(&format!("/v1/allocation/{}", id(&first)));
    assert_eq!(before["NextAllocation"], second["ID"]);
    let status = agent.cli(&["alloc", "status", id(&second)]).ok();
    assert!(status.contains("Reschedule Attempts = 1/2") || status.contains("= 1/2"), "{status}");

    agent.cli(&["job", "eval", "-force-reschedule", "bad"]).ok();
    let all = wait_allocs(&agent, "bad", "failed", 3);
    let last = all
        .iter()
        .find(|alloc| alloc["RescheduleTracker"]["Events"].as_array().is_some_and(|e| e.len() == 2));
    let last = last.unwrap_or_else(|| panic!("{all:#?}"));
    common::wait_evals(&agent);
    assert_eq!(last["FollowupEvalID"], "", "its attempts are used up");
    let dead = agent.get("/v1/job/bad");
    assert_eq!(dead["Status"], "dead");
}
