#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::ffi::OsString;

use super::*;
use crate::parse::{Read, read};
use crate::testing::agent::{Agent, reply};
use crate::testing::shell;
use crate::{Command, Invocation};
use serde_json::json;

const EVAL: &str = "e1e1e1e1-0000-4000-8000-000000000000";
const ALLOC: &str = "a1a1a1a1-0000-4000-8000-000000000000";
const NODE: &str = "b2b2b2b2-0000-4000-8000-000000000000";

fn command(args: &[&str]) -> Command {
    match read(args.iter().map(OsString::from).collect()) {
        Read::Invocation(Invocation::Command(command)) => command,
        other => panic!("{args:?}: {other:?}"),
    }
}

/// Runs `job run` on a job file against canned answers: exit code, standard output, standard error.
async fn run(agent: &Agent, flags: &[&str]) -> (u8, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("web.hcl");
    std::fs::write(&path, "job \"web\" {\n  group \"g\" {}\n}\n").unwrap();
    let address = format!("-address={}", agent.address());
    let args = [&["muster", "job", "run", &address][..], flags, &[path.to_str().unwrap()]].concat();
    let (mut shell, captured) = shell();
    let outcome = command(&args).run(&mut shell).await;
    let code = shell.finish(outcome);
    (code, captured.out(), captured.err())
}

fn registered() -> serde_json::Value {
    json!({"EvalID": EVAL, "JobModifyIndex": 10, "Index": 10})
}

fn eval(status: &str) -> serde_json::Value {
    json!({"ID": EVAL, "JobID": "web", "Status": status, "TriggeredBy": "job-register", "CreateIndex": 10})
}

#[tokio::test]
async fn the_monitor_follows_the_evaluation_with_blocking_queries() {
    let agent = Agent::serve(vec![
        reply("POST /v1/jobs", 200, 10, registered()),
        reply(&format!("GET /v1/evaluation/{EVAL}"), 200, 10, eval("pending")),
        reply(&format!("GET /v1/evaluation/{EVAL}/allocations"), 200, 10, json!([])),
        reply(&format!("GET /v1/evaluation/{EVAL}?index=10"), 200, 12, eval("complete")),
        reply(
            &format!("GET /v1/evaluation/{EVAL}/allocations"),
            200,
            12,
            json!([{"ID": ALLOC, "NodeID": NODE, "TaskGroup": "g", "DesiredStatus": "run", "ClientStatus": "pending",
                    "CreateIndex": 11}]),
        ),
    ])
    .await;
    let (code, out, err) = run(&agent, &[]).await;
    let expected = "\
==> 1970-01-01T00:16:40Z: Monitoring evaluation \"e1e1e1e1\"
    1970-01-01T00:16:40Z: Evaluation triggered by job \"web\"
    1970-01-01T00:16:40Z: Allocation \"a1a1a1a1\" created: node \"b2b2b2b2\", group \"g\"
    1970-01-01T00:16:40Z: Evaluation status changed: \"pending\" -> \"complete\"
==> 1970-01-01T00:16:40Z: Evaluation \"e1e1e1e1\" finished with status \"complete\"
";
    assert_eq!((code, out.as_str(), err.as_str()), (0, expected, ""));
    let body = agent.bodies().remove(0);
    assert_eq!(body["Job"]["ID"], "web");
    assert_eq!(body["EnforceIndex"], false);
    assert_eq!(body["Submission"]["Format"], "hcl2");
    assert!(body["Submission"]["Source"].as_str().unwrap().starts_with("job \"web\""));
}

#[tokio::test]
async fn failed_placements_exit_with_2_and_say_why() {
    let mut failed = eval("complete");
    failed["BlockedEval"] = json!("f2f2f2f2-0000-4000-8000-000000000000");
    failed["FailedTGAllocs"] = json!({"g": {"NodesEvaluated": 1, "NodesExhausted": 1, "CoalescedFailures": 1,
        "DimensionExhausted": {"memory": 1}}});
    let agent = Agent::serve(vec![
        reply("POST /v1/jobs", 200, 10, registered()),
        reply(&format!("GET /v1/evaluation/{EVAL}"), 200, 12, failed),
        reply(&format!("GET /v1/evaluation/{EVAL}/allocations"), 200, 12, json!([])),
    ])
    .await;
    let (code, out, _) = run(&agent, &[]).await;
    let expected = "\
==> 1970-01-01T00:16:40Z: Evaluation \"e1e1e1e1\" finished with status \"complete\" but failed to place all allocations:
    1970-01-01T00:16:40Z: Task Group \"g\" (failed to place 2 allocations):
    1970-01-01T00:16:40Z:   * Resources exhausted on 1 nodes
    1970-01-01T00:16:40Z:   * Dimension \"memory\" exhausted on 1 nodes
    1970-01-01T00:16:40Z: Evaluation \"f2f2f2f2\" waiting for additional capacity to place remainder
";
    assert_eq!(code, 2);
    assert!(out.ends_with(expected), "{out}");
}

#[tokio::test]
async fn a_detached_run_returns_at_once_and_shows_warnings_first() {
    let mut answer = registered();
    answer["Warnings"] = json!("1 warning:\n\n* careful");
    let agent = Agent::serve(vec![reply("POST /v1/jobs", 200, 10, answer)]).await;
    let (code, out, _) = run(&agent, &["-detach"]).await;
    assert_eq!(code, 0);
    let expected = "Job Warnings:\n1 warning:\n\n* careful\n\nJob registration successful\n";
    assert_eq!(out, format!("{expected}Evaluation ID: {EVAL}\n"));
}

#[tokio::test]
async fn a_lost_race_says_so_and_exits_with_1() {
    let text = "rpc error: Enforcing job modify index 7: job exists with conflicting job modify index: 9";
    let agent = Agent::serve(vec![reply("POST /v1/jobs", 500, 0, json!(text))]).await;
    let (code, _, err) = run(&agent, &["-check-index=7"]).await;
    assert_eq!(code, 1);
    assert!(err.starts_with("Enforcing job modify index 7: job exists"), "{err}");
    assert!(err.ends_with("Job not updated\n"), "{err}");
    assert_eq!(agent.bodies().remove(0)["JobModifyIndex"], 7);
}

#[tokio::test]
async fn an_evaluation_that_vanished_is_named() {
    let agent = Agent::serve(vec![
        reply("POST /v1/jobs", 200, 10, registered()),
        reply(&format!("GET /v1/evaluation/{EVAL}"), 404, 10, json!("eval not found")),
    ])
    .await;
    let (code, _, err) = run(&agent, &[]).await;
    assert_eq!((code, err.as_str()), (1, "==> No evaluation with id \"e1e1e1e1\" found\n"));
}

#[tokio::test]
async fn output_prints_the_job_and_needs_no_agent() {
    let agent = Agent::serve(Vec::new()).await;
    let (code, out, _) = run(&agent, &["-output"]).await;
    assert_eq!(code, 0);
    let printed: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(printed["Job"]["ID"], "web");
    assert!(agent.bodies().is_empty());
}

#[test]
fn a_job_that_names_its_place_goes_there() {
    let mut job =
        JobInput { namespace: Some("ops".into()), region: Some("global".into()), ..JobInput::default() };
    assert_eq!(place(&job), [("namespace", "ops".to_owned())]);
    job.region = Some("eu".into());
    job.namespace = Some(String::new());
    assert_eq!(place(&job), [("region", "eu".to_owned())]);
}
