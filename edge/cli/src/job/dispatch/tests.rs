#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use crate::testing::agent::{Agent, reply};
use crate::testing::{run, run_in, shell};

const EVAL: &str = "e1e1e1e1-0000-4000-8000-000000000000";
const NODE: &str = "b2b2b2b2-0000-4000-8000-000000000000";
const CHILD: &str = "p/dispatch-1000-0123abcd";

fn jobs() -> serde_json::Value {
    json!([
        {"ID": "p", "Namespace": "default", "ParameterizedJob": true},
        {"ID": CHILD, "ParentID": "p", "Namespace": "default"},
    ])
}

fn dispatched() -> serde_json::Value {
    json!({"DispatchedJobID": CHILD, "EvalID": EVAL, "JobCreateIndex": 9, "Index": 9})
}

const POST: &str = "POST /v1/job/p/dispatch?namespace=default";

#[tokio::test]
async fn everything_that_is_given_is_sent() {
    let node = json!([{"ID": NODE, "Name": "host-1"}]);
    let job = json!({"ID": "p", "TaskGroups": [{"Name": "g", "Tasks": [{"Name": "t"}]}]});
    let agent = Agent::serve(vec![
        reply("GET /v1/jobs?prefix=p", 200, 9, jobs()),
        reply("GET /v1/nodes?prefix=b2b2", 200, 9, node),
        reply("GET /v1/job/p?namespace=default", 200, 9, job),
        reply(&format!("{POST}&idempotency_token=once"), 200, 9, dispatched()),
    ])
    .await;
    let (mut sh, captured) = shell();
    sh.input = Box::new(std::io::Cursor::new(b"\x00work\xff".to_vec()));
    let args = [
        "job",
        "dispatch",
        "-detach",
        "-meta",
        "who=me",
        "-meta=why=a=b",
        "-priority=70",
        "-id-prefix-template=night",
        "-idempotency-token=once",
        "-constraint",
        "meta.ou=finance",
        "-node=b2b2",
        "-node-pool=gpu",
        "-datacenter=eu",
        "-count=3",
        "-cpu",
        "g/t=500",
        "-memory=64",
        "p",
        "-",
    ];
    let code = run_in(&mut sh, &agent, &args).await;
    assert_eq!((code, captured.err()), (0, String::new()));
    let expected = format!("Dispatched Job ID = {CHILD}\nEvaluation ID     = e1e1e1e1\n");
    assert_eq!(captured.out(), expected);
    let body = agent.bodies().pop().unwrap();
    assert_eq!(body["Payload"], "AHdvcmv/");
    assert_eq!(body["Meta"], json!({"who": "me", "why": "a=b"}));
    assert_eq!((&body["Priority"], &body["IdPrefixTemplate"]), (&json!(70), &json!("night")));
    let overrides = json!({
        "Constraints": [{"LTarget": "meta.ou", "RTarget": "finance", "Operand": "="}],
        "Nodes": [NODE], "NodePool": "gpu", "Datacenters": ["eu"],
        "Counts": {"g": 3}, "CPU": {"g/t": 500}, "Memory": {"t": 64},
    });
    assert_eq!(body["Overrides"], overrides);
}

#[tokio::test]
async fn a_prefix_finds_the_parent_and_not_its_children() {
    let agent = Agent::serve(vec![
        reply("GET /v1/jobs?prefix=p", 200, 9, jobs()),
        reply(POST, 500, 0, json!("Payload is not provided but required by parameterized job")),
    ])
    .await;
    let (code, out, err) = run(&agent, &["job", "dispatch", "p"]).await;
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with("Error dispatching job: "), "{err}");
    assert!(err.contains("Payload is not provided but required by parameterized job"), "{err}");
    let body = agent.bodies().pop().unwrap();
    assert_eq!((&body["Payload"], body.get("Overrides")), (&json!(null), None));
}

#[tokio::test]
async fn a_used_token_is_told_and_nothing_is_watched() {
    let mut answer = dispatched();
    answer["EvalID"] = json!("");
    answer["Warnings"] = json!("the idempotency token was used before");
    let agent = Agent::serve(vec![
        reply("GET /v1/jobs?prefix=p", 200, 9, jobs()),
        reply(&format!("{POST}&idempotency_token=once"), 200, 9, answer),
    ])
    .await;
    let (code, out, err) = run(&agent, &["job", "dispatch", "-idempotency-token=once", "p"]).await;
    assert_eq!((code, out), (0, format!("Dispatched Job ID = {CHILD}\n")));
    assert_eq!(err, "Warning: the idempotency token was used before\n");
}

#[tokio::test]
async fn waiting_ends_with_the_job_and_tells_of_failures() {
    for (failed, expected) in [(0, 0), (1, 2)] {
        let summary = json!({"Summary": {"g": {"Failed": failed, "Complete": 1}}});
        let path = format!("GET /v1/job/{}", CHILD.replace('/', "%2F"));
        let agent = Agent::serve(vec![
            reply("GET /v1/jobs?prefix=p", 200, 9, jobs()),
            reply(POST, 200, 9, dispatched()),
            reply(&format!("{path}?namespace=default"), 200, 9, json!({"ID": CHILD, "Status": "running"})),
            reply(
                &format!("{path}?namespace=default&index=9"),
                200,
                12,
                json!({"ID": CHILD, "Status": "dead"}),
            ),
            reply(&format!("{path}/summary?namespace=default"), 200, 12, summary),
        ])
        .await;
        let (code, out, err) = run(&agent, &["job", "dispatch", "-detach", "-wait", "p"]).await;
        assert_eq!((code, err), (expected, String::new()), "{out}");
        assert!(out.contains(&format!("Job \"{CHILD}\" finished")), "{out}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_told_before_anything_is_sent() {
    let agent = Agent::serve(vec![]).await;
    for (args, fragment) in [
        (vec!["job", "dispatch", "-meta", "who", "p"], "Error parsing meta value: `who`"),
        (vec!["job", "dispatch", "-meta", "=x", "p"], "`=x` has an empty key; write `key=value`"),
        (vec!["job", "dispatch", "p", "/no/such/file"], "Error reading input data: `/no/such/file`"),
    ] {
        let (code, _, err) = run(&agent, &args).await;
        assert_eq!(code, 1);
        assert!(err.contains(fragment), "{err}");
    }
    assert!(agent.bodies().is_empty());
}
