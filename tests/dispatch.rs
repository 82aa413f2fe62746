//! Parameterized jobs through the real binary: what a dispatch brings, what it may set, and what a token is worth.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use common::{
    LIMIT, as_nomad, dev_agent, id, options, register, shell_job, wait_allocs, wait_evals, wait_nodes,
};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use tempfile::tempdir;

const SCRIPT: &str = "cat local/in/work.bin; printf '|%s|%s|%s' \"$NOMAD_META_who\" \"$NOMAD_META_WHY\" \"$NOMAD_JOB_PARENT_ID\"; env | \
                      grep -c '^NOMAD_META_why='";

fn parameterized(id: &str, rules: &Value) -> Value {
    let mut job = shell_job(id, "batch", 1, SCRIPT);
    job["ParameterizedJob"] = rules.clone();
    job["TaskGroups"][0]["Tasks"][0]["DispatchPayload"] = json!({"File": "in/work.bin"});
    job
}

fn rules() -> Value {
    json!({"Payload": "required", "MetaRequired": ["who"], "MetaOptional": ["why"]})
}

fn ask(agent: &Agent, path: &str, body: &Value) -> (u16, String) {
    agent.put(path, body).unwrap()
}

fn dispatch(agent: &Agent, job: &str, body: &Value) -> Value {
    let (status, text) = ask(agent, &format!("/v1/job/{job}/dispatch"), body);
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn encoded(id: &str) -> String {
    id.replace('/', "%2F")
}

fn children(agent: &Agent, parent: &str) -> Vec<String> {
    let jobs = agent.get(&format!("/v1/jobs?prefix={parent}/"));
    jobs.as_array()
        .unwrap()
        .iter()
        .filter(|job| job["ParentID"] == parent)
        .map(|job| id(job).to_owned())
        .collect()
}

#[test]
fn a_dispatch_runs_with_its_payload_and_metadata() {
    let root = tempdir().unwrap();
    let mut options = as_nomad(&root, "dev");
    options.args = vec!["-dev".to_owned()];
    let agent = options.start();
    wait_nodes(&agent, 1);
    let file = agent.file(
        "p.nomad.hcl",
        r#"
job "p" {
  type = "batch"
  parameterized {
    payload       = "required"
    meta_required = ["who"]
    meta_optional = ["why"]
  }
  group "g" {
    task "t" {
      driver = "raw_exec"
      config {
        command = "/bin/sh"
        args    = ["-c", "cat local/in/work.bin; printf '|%s|%s|%s|' \"$NOMAD_META_who\" \"$NOMAD_META_WHY\" \"$NOMAD_JOB_PARENT_ID\"; env | grep -c '^NOMAD_META_why='"]
      }
      dispatch_payload {
        file = "in/work.bin"
      }
      resources {
        cpu    = 10
        memory = 10
      }
    }
  }
}
"#,
    );
    let planned = agent.cli(&["job", "plan", &file]);
    assert!(
        planned.code == 1 && planned.stdout.contains("- All tasks successfully allocated."),
        "{planned:?}"
    );
    let registered = agent.cli(&["job", "run", &file]).ok();
    assert_eq!(registered, "Job registration successful\n");
    let job = agent.get("/v1/job/p");
    assert_eq!(
        (&job["Status"], &job["Dispatched"], &job["ParentID"]),
        (&json!("running"), &json!(false), &json!(""))
    );
    assert_eq!(agent.get("/v1/job/p/evaluations"), json!([]));
    let empty = agent.cli(&["job", "status", "p"]).ok();
    assert!(empty.contains("No dispatched instances of parameterized job found"), "{empty}");

    // The payload from standard input, bytes and all; the command waits for the end.
    let mut child = Command::new(&agent.options.binary)
        .args(["job", "dispatch", "-wait", "-meta", "who=me", "-id-prefix-template=night", "p", "-"])
        .env("NOMAD_ADDR", agent.address())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"do\x00this\xff").unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.starts_with("Dispatched Job ID = p/dispatch-night-"), "{text}");
    assert!(text.contains("finished with status \"complete\"") && text.contains("\" finished\n"), "{text}");
    let child = children(&agent, "p").remove(0);
    let job = agent.get(&format!("/v1/job/{}", encoded(&child)));
    assert_eq!(
        (&job["Status"], &job["Dispatched"], &job["ParentID"]),
        (&json!("dead"), &json!(true), &json!("p"))
    );
    assert_eq!((&job["Payload"], &job["Name"]), (&json!("ZG8AdGhpc/8="), &json!(child)));
    assert_eq!(job["Meta"], json!({"who": "me"}));
    let alloc = wait_allocs(&agent, &encoded(&child), "complete", 1).remove(0);
    let (status, logs) =
        common::get_text(&agent, &format!("/v1/client/fs/logs/{}?task=t&type=stdout&plain=true", id(&alloc)));
    assert_eq!(status, 200);
    assert!(logs.starts_with("do\0this") && logs.ends_with("|me||p|1\n"), "{logs:?}");

    let status = agent.cli(&["job", "status", "p"]).ok();
    for part in [
        "Parameterized = true",
        "Parameterized Job\nPayload           = required\nRequired Metadata = who\nOptional Metadata = why\n",
        "Parameterized Job Summary\nPending  Running  Dead\n0        0        1\n",
        &format!("Dispatched Jobs\nID{}Status\n{child}  dead\n", " ".repeat(child.len())),
    ] {
        assert!(status.contains(part), "{part}\n---\n{status}");
    }
    let status = agent.cli(&["job", "status", &child]).ok();
    assert!(status.contains("Parameterized = false") && status.contains("Allocations\n"), "{status}");

    // Statuses leave children out unless they are asked for, and tell of them with their parent.
    let statuses = agent.get("/v1/jobs/statuses");
    assert_eq!((statuses.as_array().unwrap().len(), &statuses[0]["ChildStatuses"]), (1, &json!(["dead"])));
    assert_eq!(agent.get("/v1/jobs/statuses?include_children=true").as_array().unwrap().len(), 2);
    let stub = agent.get("/v1/jobs?prefix=p");
    assert_eq!((&stub[0]["ParameterizedJob"], &stub[1]["ParameterizedJob"]), (&json!(true), &json!(false)));
    assert_eq!(stub[0]["JobSummary"]["Children"], json!({"Pending": 0, "Running": 0, "Dead": 1}));
    let filtered = agent.get("/v1/jobs?filter=ParentID+%3D%3D+%22p%22+and+Dispatched+%3D%3D+true");
    assert_eq!(filtered.as_array().unwrap().len(), 1);

    // Stopped, it is dispatched no more; collected, it is gone with its children.
    let stopped = agent.cli(&["job", "stop", "p"]).ok();
    assert_eq!(stopped, "");
    let refused = agent.cli(&["job", "dispatch", "-meta=who=me", "p", &file]);
    assert!(refused.code == 1 && refused.stderr.contains("Specified job \"p\" is stopped"), "{refused:?}");
    agent.cli(&["system", "gc"]).ok();
    assert_eq!(agent.get("/v1/jobs"), json!([]));
}

#[test]
fn what_a_job_does_not_ask_for_is_refused_in_the_contracts_words() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &parameterized("p", &rules()));
    register(&agent, &shell_job("plain", "batch", 1, "true"));
    wait_evals(&agent);
    let before = agent.get("/v1/jobs").as_array().unwrap().len();
    let long = "A".repeat(16_386 * 4 / 3 / 4 * 4);
    for (job, body, text) in [
        ("nobody", json!({}), "parameterized job not found".to_owned()),
        ("plain", json!({}), "Specified job \"plain\" is not a parameterized job".to_owned()),
        ("p", json!({}), "Payload is not provided but required by parameterized job".to_owned()),
        (
            "p",
            json!({"Payload": long}),
            format!("Payload exceeds maximum size; {} > 16384", long.len() / 4 * 3),
        ),
        (
            "p",
            json!({"Payload": "eA==", "Meta": {"who": "a", "b": "c", "a": "c"}}),
            "Dispatch request included unpermitted metadata keys: [a b]".to_owned(),
        ),
        ("p", json!({"Payload": "eA=="}), "Dispatch did not provide required meta keys: [who]".to_owned()),
        (
            "p",
            json!({"Payload": "eA==", "Meta": {"who": "a"}, "Priority": 101}),
            "dispatch job priority must be between [1, 100]".to_owned(),
        ),
        (
            "p",
            json!({"Payload": "eA==", "Meta": {"who": "a"}, "Priority": -1}),
            "dispatch job priority must be between [1, 100]".to_owned(),
        ),
    ] {
        assert_eq!(ask(&agent, &format!("/v1/job/{job}/dispatch"), &body), (500, text));
    }
    let (status, text) = ask(&agent, "/v1/job/p/dispatch", &json!({"Payload": "%"}));
    assert!(status == 400 && text.contains("`Payload` is not base64"), "{text}");
    let (status, text) = ask(&agent, "/v1/job/p/evaluate", &json!({}));
    assert_eq!((status, text.as_str()), (500, "can't evaluate parameterized job"));
    let mut plain = shell_job("p", "batch", 1, "true");
    let (status, text) = ask(&agent, "/v1/jobs", &json!({"Job": plain}));
    assert_eq!((status, text.as_str()), (500, "cannot update parameterized job to being non-parameterized"));
    plain["ID"] = json!("x");
    plain["ParameterizedJob"] = json!({"Payload": "forbidden"});
    register(&agent, &plain);
    assert_eq!(
        ask(&agent, "/v1/job/x/dispatch", &json!({"Payload": "eA=="})),
        (500, "Payload provided but forbidden by parameterized job".to_owned())
    );
    assert_eq!(agent.get("/v1/jobs").as_array().unwrap().len(), before + 1);

    // Any bytes are a payload, as they are.
    let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    register(&agent, &parameterized("raw", &json!({"Payload": "required"})));
    let url = format!("{}/v1/job/raw/dispatch/payload?idempotency_token=t", agent.address());
    let mut answer = client.put(&url).send(&b"\x00\x01{\xff"[..]).unwrap();
    let answer: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    let child = answer["DispatchedJobID"].as_str().unwrap();
    let job = agent.get(&format!("/v1/job/{}", encoded(child)));
    assert_eq!((&job["Payload"], &job["DispatchIdempotencyToken"]), (&json!("AAF7/w=="), &json!("t")));
    let status = agent.cli(&["job", "status", child]).ok();
    assert!(status.contains("Idempotency Token") && status.contains("= t\n"), "{status}");
}

#[test]
fn larger_payloads_are_what_the_operator_allows() {
    let root = tempdir().unwrap();
    let mut options = options(&root, "dev");
    options.args = vec!["-dev".to_owned()];
    options.config = "server {\n  job_max_payload_size = \"64KiB\"\n}\n".to_owned();
    let agent = options.start();
    wait_nodes(&agent, 1);
    let mut job = parameterized("p", &json!({}));
    job["TaskGroups"][0]["Tasks"][0]["Config"]["args"] = json!(["-c", "wc -c < local/in/work.bin"]);
    register(&agent, &job);
    let payload = agent.file("payload", &"x".repeat(65_536));
    let out = agent.cli(&["job", "dispatch", "-wait", "p", &payload]).ok();
    assert!(out.contains("\" finished\n"), "{out}");
    let child = children(&agent, "p").remove(0);
    let alloc = wait_allocs(&agent, &encoded(&child), "complete", 1).remove(0);
    assert_eq!(agent.cli(&["alloc", "logs", id(&alloc)]).ok().trim(), "65536");
    let payload = agent.file("payload", &"x".repeat(65_537));
    let refused = agent.cli(&["job", "dispatch", "p", &payload]);
    assert!(
        refused.code == 1 && refused.stderr.contains("Payload exceeds maximum size; 65537 > 65536"),
        "{refused:?}"
    );
}

/// Acceptance 2 of issue 4.
#[test]
fn two_hundred_dispatches_at_once_with_one_token_are_one_job() {
    let root = tempdir().unwrap();
    let mut agent = options(&root, "server").server().start();
    register(&agent, &parameterized("p", &json!({"MetaOptional": ["n"]})));
    let body = json!({"Meta": {"n": "1"}});
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..200)
            .map(|_| {
                scope.spawn(|| {
                    let (status, text) = ask(&agent, "/v1/job/p/dispatch?idempotency_token=once", &body);
                    assert_eq!(status, 200, "{text}");
                    serde_json::from_str(&text).unwrap()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let jobs: BTreeSet<&str> =
        answers.iter().map(|answer| answer["DispatchedJobID"].as_str().unwrap()).collect();
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    let made = answers.iter().filter(|answer| answer["EvalID"] != "").count();
    assert_eq!(made, 1, "one of them made it");
    let created: BTreeSet<u64> =
        answers.iter().map(|answer| answer["JobCreateIndex"].as_u64().unwrap()).collect();
    assert_eq!(created.len(), 1);
    assert_eq!(children(&agent, "p").len(), 1);

    // Neither a restart nor the end of the child makes the token forget.
    let child = (*jobs.first().unwrap()).to_owned();
    agent.kill();
    agent.restart();
    let again = dispatch(&agent, "p", &json!({"Meta": {"n": "1"}, "IdempotencyToken": "once"}));
    assert_eq!((again["DispatchedJobID"].as_str(), &again["EvalID"]), (Some(&*child), &json!("")));
    let other = dispatch(&agent, "p", &json!({"Meta": {"n": "2"}, "IdempotencyToken": "once"}));
    assert_eq!(other["DispatchedJobID"].as_str(), Some(&*child));
    assert!(other["Warnings"].as_str().unwrap().contains("used before with another payload"), "{other}");
    let purged = agent.cli(&["job", "stop", "-purge", "-detach", &child]);
    assert_eq!(purged.code, 0, "{purged:?}");
    let late = dispatch(&agent, "p", &json!({"Meta": {"n": "1"}, "IdempotencyToken": "once"}));
    assert_eq!(late["DispatchedJobID"].as_str(), Some(&*child), "a late repetition starts nothing");
    assert_eq!(children(&agent, "p").len(), 0);
    let another = dispatch(&agent, "p", &json!({"IdempotencyToken": "twice"}));
    assert_ne!(another["DispatchedJobID"].as_str(), Some(&*child));
}

/// Acceptance 2 of issue 4: with a declared constraint it runs only there; an undeclared one is refused.
#[test]
fn a_dispatch_sets_what_is_declared_and_nothing_else() {
    let root = tempdir().unwrap();
    let server = options(&root, "server").server().start();
    let client = |name: &str, ou: &str| {
        options(&root, name)
            .client(server.options.rpc_port, &format!("  meta {{\n    ou = \"{ou}\"\n  }}\n"))
            .start()
    };
    let clients = [client("one", "finance"), client("two", "legal"), client("three", "finance")];
    wait_nodes(&server, clients.len());
    let nodes = server.get("/v1/nodes");
    let named = |name: &str| {
        let node = nodes.as_array().unwrap().iter().find(|node| node["Name"] == name).unwrap();
        id(node).to_owned()
    };
    let file = server.file(
        "p.nomad.hcl",
        r#"
job "p" {
  type = "batch"
  parameterized {
    payload = "forbidden"
    allow {
      nodes       = 2
      datacenters = ["dc*"]
      constraint "meta.ou" {
        values = ["finance", "legal"]
      }
      count "g" {
        min = 1
        max = 4
      }
      memory "t" {
        min = 10
        max = 64
      }
    }
  }
  group "g" {
    task "t" {
      driver = "raw_exec"
      config {
        command = "/bin/true"
      }
      resources {
        cpu    = 10
        memory = 10
      }
    }
  }
}
"#,
    );
    server.cli(&["job", "run", &file]).ok();
    let shown: Value = serde_json::from_str(&server.cli(&["job", "inspect", "p"]).ok()).unwrap();
    let allow = &shown["Job"]["ParameterizedJob"]["Allow"];
    assert_eq!((&allow["Nodes"], &allow["Counts"]["g"]), (&json!(2), &json!({"Min": 1, "Max": 4})));
    let status = server.cli(&["job", "status", "p"]).ok();
    assert!(status.contains("constraint ${meta.ou} = (finance, legal); nodes (up to 2)"), "{status}");

    let out = server.cli(&[
        "job",
        "dispatch",
        "-wait",
        "-constraint",
        "meta.ou=finance",
        "-count=4",
        "-memory=20",
        "p",
    ]);
    let out = out.ok();
    assert!(out.contains("\" finished\n"), "{out}");
    let child = children(&server, "p").remove(0);
    let allocs = wait_allocs(&server, &encoded(&child), "complete", 4);
    for alloc in &allocs {
        assert!([named("one"), named("three")].iter().any(|node| alloc["NodeID"] == **node), "{alloc}");
    }
    let job = server.get(&format!("/v1/job/{}", encoded(&child)));
    assert_eq!(job["Constraints"][0], json!({"LTarget": "${meta.ou}", "RTarget": "finance", "Operand": "="}));
    assert_eq!(job["TaskGroups"][0]["Tasks"][0]["Resources"]["MemoryMB"], 20);

    let two = named("two");
    let out = server.cli(&["job", "dispatch", "-wait", "-node", &two[..8], "-datacenter=dc1", "p"]).ok();
    let other = children(&server, "p").into_iter().find(|id| *id != child).unwrap();
    assert!(out.contains(&other), "{out}");
    let alloc = wait_allocs(&server, &encoded(&other), "complete", 1).remove(0);
    assert_eq!(alloc["NodeID"], json!(two));

    let before = server.get("/v1/jobs").as_array().unwrap().len();
    for (flags, reason) in [
        (
            vec!["-constraint", "meta.rack=r1"],
            "a constraint on `${meta.rack}` may not be set: the job's `parameterized` block does not allow it",
        ),
        (
            vec!["-constraint", "meta.ou=hr"],
            "a constraint on `${meta.ou}` may not be `hr`; allowed: `finance`, `legal`",
        ),
        (vec!["-constraint", "meta.ou regexp .*"], "may not use the operator `regexp`; allowed: `=`"),
        (vec!["-node-pool=default"], "the node pool may not be set"),
        (vec!["-count=5"], "the count of group `g` must be between 1 and 4; got 5"),
        (vec!["-cpu=500"], "`cpu` of task `t` may not be set"),
        (vec!["-memory=9000"], "`memory` of task `t` must be between 10 and 64; got 9000"),
        (vec!["-datacenter=eu"], "the datacenter may not be `eu`; allowed: `dc*`"),
    ] {
        let refused = server.cli(&[&["job", "dispatch"][..], &flags, &["p"]].concat());
        assert!(refused.code == 1 && refused.stderr.contains(reason), "{refused:?}");
    }
    let unknown = json!({"Overrides": {"Nodes": ["11111111-1111-4111-8111-111111111111"]}});
    let (status, text) = ask(&server, "/v1/job/p/dispatch", &unknown);
    assert!(status == 500 && text.contains("nonexistent node 11111111"), "{text}");
    let (status, text) = ask(&server, "/v1/job/p/dispatch", &json!({"Overrides": {"Nodes": ["1111"]}}));
    assert!(status == 400 && text.contains("`1111` is not an id"), "{text}");
    assert_eq!(server.get("/v1/jobs").as_array().unwrap().len(), before, "nothing was stored");

    // What may be set is part of the job: a change of it is a version, and shown as one.
    let text = std::fs::read_to_string(&file).unwrap().replace("max = 4", "max = 9");
    let planned = server.cli(&["job", "plan", &server.file("q.nomad.hcl", &text)]);
    assert!(planned.stdout.contains("Allow") && planned.stdout.contains("\"4\" => \"9\""), "{planned:?}");
}

#[test]
fn metrics_tell_children_from_their_parent() {
    let root = tempdir().unwrap();
    let mut options = options(&root, "server").server();
    options.config += "telemetry {\n  prometheus_metrics = true\n}\n";
    let server = options.start();
    register(&server, &parameterized("p", &json!({})));
    let child = dispatch(&server, "p", &json!({}))["DispatchedJobID"].as_str().unwrap().to_owned();
    let suffix = child.strip_prefix("p/dispatch-").unwrap().to_owned();
    eventually("the child being measured", LIMIT, || {
        let (_, text) = common::get_text(&server, "/v1/metrics?format=prometheus");
        let line = text.lines().find(|line| line.contains("job_summary") && line.contains(&suffix));
        let line = line.ok_or_else(|| text.clone())?;
        let labels = [format!("dispatch_id=\"{suffix}\""), "parent_id=\"p\"".to_owned()];
        labels.iter().all(|label| line.contains(label)).then_some(()).ok_or_else(|| line.to_owned())
    });
    let (_, text) = common::get_text(&server, "/v1/metrics?format=prometheus");
    assert!(text.contains("nomad_nomad_job_dispatch"), "{text}");
}
