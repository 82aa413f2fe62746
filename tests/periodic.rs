//! Periodic jobs through the real binary: each instant once, whatever happens to the server.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use common::{LIMIT, dev_agent, id, options, register, shell_job, wait_allocs};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use tempfile::tempdir;

fn periodic(id: &str, block: &Value) -> Value {
    let mut job = shell_job(id, "batch", 1, "true");
    job["Periodic"] = block.clone();
    job
}

/// Starts every second.
fn ticking(id: &str, more: &[(&str, Value)]) -> Value {
    let mut block = json!({"Specs": ["* * * * * * *"]});
    for (key, value) in more {
        block[key] = value.clone();
    }
    periodic(id, &block)
}

fn seconds(agent: &Agent, parent: &str) -> Vec<u64> {
    let jobs = agent.get(&format!("/v1/jobs?prefix={parent}/"));
    let jobs = jobs.as_array().unwrap().iter().filter(|job| job["ParentID"] == parent);
    jobs.map(|job| id(job).rsplit_once("/periodic-").unwrap().1.parse().unwrap()).collect()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn wait_launches(agent: &Agent, parent: &str, count: usize) -> Vec<u64> {
    eventually("launches", LIMIT, || {
        let found = seconds(agent, parent);
        if found.len() >= count { Ok(found) } else { Err(format!("{found:?}")) }
    })
}

#[test]
fn every_instant_is_launched_once_and_runs() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let answer = register(&agent, &ticking("q", &[]));
    assert_eq!((&answer["EvalID"], agent.get("/v1/job/q")["Status"].as_str()), (&json!(""), Some("running")));
    let found = wait_launches(&agent, "q", 3);
    assert!(found.windows(2).all(|pair| pair[1] == pair[0] + 1), "each second one: {found:?}");
    let child = format!("q/periodic-{}", found[0]);
    wait_allocs(&agent, &child.replace('/', "%2F"), "complete", 1);
    let job = agent.get(&format!("/v1/job/{}", child.replace('/', "%2F")));
    assert_eq!(
        (&job["ParentID"], &job["Periodic"], &job["Name"]),
        (&json!("q"), &Value::Null, &json!(child))
    );
    let evals = agent.get(&format!("/v1/job/{}/evaluations", child.replace('/', "%2F")));
    assert_eq!(evals[0]["TriggeredBy"], "periodic-job");
    let status = agent.cli(&["job", "status", "q"]).ok();
    for part in [
        "Periodic             = true",
        "Next Periodic Launch = ",
        "Children Job Summary",
        "Previously Launched Jobs",
    ] {
        assert!(status.contains(part), "{part}\n---\n{status}");
    }
    let (code, text) = agent.put("/v1/job/q/evaluate", &json!({})).unwrap();
    assert_eq!((code, text.as_str()), (500, "can't evaluate periodic job"));
    assert_eq!(agent.cli(&["job", "stop", "-purge", "q"]).ok(), "");
    let left = seconds(&agent, "q").len();
    let stopped = now();
    eventually("two seconds having passed", LIMIT, || {
        (now() > stopped + 2).then_some(()).ok_or_else(String::new)
    });
    assert_eq!(seconds(&agent, "q").len(), left, "a purged job starts nothing");
}

#[test]
fn what_was_missed_while_the_server_was_away_is_made_up_for_once() {
    let root = tempdir().unwrap();
    let mut server = options(&root, "server").server().start();
    register(&server, &ticking("q", &[]));
    wait_launches(&server, "q", 2);
    server.kill();
    let killed = now();
    eventually("the server being away for a while", LIMIT, || {
        (now() > killed + 4).then_some(()).ok_or_else(String::new)
    });
    server.restart();
    let found = eventually("launches after the outage", LIMIT, || {
        let found = seconds(&server, "q");
        let after = found.iter().filter(|second| **second > killed + 4).count();
        if after >= 3 { Ok(found) } else { Err(format!("{found:?}")) }
    });
    let unique: BTreeSet<u64> = found.iter().copied().collect();
    assert_eq!(unique.len(), found.len());
    // Of the seconds in between one stands for all: the last before it led again.
    let gaps = found.windows(2).filter(|pair| pair[1] > pair[0] + 1).count();
    assert_eq!(gaps, 1, "{found:?}");
}

#[test]
fn runs_do_not_overlap_where_that_is_prohibited() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let mut job = ticking("q", &[("ProhibitOverlap", json!(true))]);
    job["TaskGroups"][0]["Tasks"][0]["Config"]["args"] = json!(["-c", "sleep 600"]);
    register(&agent, &job);
    let first = wait_launches(&agent, "q", 1);
    let child = format!("q/periodic-{}", first[0]).replace('/', "%2F");
    wait_allocs(&agent, &child, "running", 1);
    let seen = now();
    eventually("more instants having passed", LIMIT, || {
        (now() > seen + 2).then_some(()).ok_or_else(String::new)
    });
    assert_eq!(seconds(&agent, "q"), first, "while it runs no other starts");
    // Whoever asks for a run gets one.
    let forced = agent.cli(&["job", "periodic", "force", "-detach", "q"]).ok();
    assert!(forced.starts_with("Force periodic successful\nEvaluation ID: "), "{forced}");
    assert_eq!(seconds(&agent, "q").len(), 2);
    for second in seconds(&agent, "q") {
        agent.cli(&["job", "stop", "-detach", &format!("q/periodic-{second}")]).ok();
    }
    wait_launches(&agent, "q", 3);
}

#[test]
fn the_next_launch_is_told_before_and_after_registering() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let text = r#"
job "q" {
  type = "batch"
  periodic {
    crons     = ["0 3 1 1 * 2090", "0 4 1 1 * 2090"]
    time_zone = "Europe/Berlin"
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
"#;
    let file = agent.file("q.nomad.hcl", text);
    let next = "2090-01-01T02:00:00Z (";
    let planned = agent.cli(&["job", "plan", &file]);
    assert!(
        planned.stdout.contains(&format!("- If submitted now, next periodic launch would be at {next}")),
        "{planned:?}"
    );
    let answer = agent.get("/v1/jobs");
    assert_eq!(answer, json!([]), "a plan registers nothing");
    let ran = agent.cli(&["job", "run", &file]).ok();
    assert!(ran.contains(&format!("Approximate next launch time: {next}")), "{ran}");
    let status = agent.cli(&["job", "status", "q"]).ok();
    assert!(status.contains(&format!("Next Periodic Launch = {next}")), "{status}");
    assert!(status.contains("No instances of periodic job found"), "{status}");
    let list = agent.cli(&["job", "status"]).ok();
    assert!(list.contains("batch/periodic"), "{list}");

    // A run now, watched to its placement.
    let forced = agent.cli(&["job", "periodic", "force", "q"]).ok();
    assert!(forced.contains("finished with status \"complete\""), "{forced}");
    let child = format!("q/periodic-{}", seconds(&agent, "q")[0]);
    wait_allocs(&agent, &child.replace('/', "%2F"), "complete", 1);

    let disabled = text.replace("time_zone", "enabled   = false\n    time_zone");
    agent.cli(&["job", "run", &agent.file("disabled.hcl", &disabled)]).ok();
    let status = agent.cli(&["job", "status", "q"]).ok();
    assert!(status.contains("Next Periodic Launch = none (not enabled)"), "{status}");
    let refused = agent.cli(&["job", "periodic", "force", "q"]);
    assert!(
        refused.code == 1 && refused.stderr.contains("its `periodic` block is not enabled"),
        "{refused:?}"
    );

    register(&agent, &shell_job("plain", "batch", 1, "true"));
    for (job, text) in [("plain", "can't force launch non-periodic job"), ("nobody", "job not found")] {
        let answer = agent.put(&format!("/v1/job/{job}/periodic/force"), &json!({})).unwrap();
        assert_eq!(answer, (500, text.to_owned()));
    }
    let (status, answer) =
        agent.put("/v1/jobs", &json!({"Job": shell_job("q", "batch", 1, "true")})).unwrap();
    assert_eq!((status, answer.as_str()), (500, "cannot update periodic job to being non-periodic"));
    let (status, answer) = agent.put("/v1/jobs", &json!({"Job": ticking("plain", &[])})).unwrap();
    assert_eq!((status, answer.as_str()), (500, "cannot update non-periodic job to being periodic"));
}
