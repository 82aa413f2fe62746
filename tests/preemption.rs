//! Important work takes the place of less important work, and never runs beside it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::path::Path;

use common::{LIMIT, as_nomad, id, register, shell_job, wait_allocs, wait_evals, wait_nodes};
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

/// A job that wants one port of the node for itself.
fn job(name: &str, kind: &str, priority: u16, port: u16, script: &str) -> Value {
    let mut job = shell_job(name, kind, 1, script);
    job["Priority"] = json!(priority);
    job["TaskGroups"][0]["Networks"] = json!([{"ReservedPorts": [{"Label": "only", "Value": port}]}]);
    job
}

/// Holds a directory while it runs, and takes its time to end.
fn holder(lock: &Path) -> String {
    let lock = lock.display();
    format!("mkdir {lock}; trap 'sleep 1; rmdir {lock}; exit 0' INT; while :; do sleep 0.1; done")
}

/// Leaves a mark if it runs while the directory is held.
fn taker(lock: &Path, mark: &Path) -> String {
    format!("[ -d {} ] && touch {}; exec sleep 1000", lock.display(), mark.display())
}

fn whole(agent: &Agent, stub: &Value) -> Value {
    agent.try_get(&format!("/v1/allocation/{}", id(stub))).unwrap()
}

#[test]
fn a_service_takes_a_place_when_it_may_and_waits_until_it_is_free() {
    let root = tempdir().unwrap();
    let agent = agent(&root);
    let port = muster_testkit::free_port();
    let (lock, mark) = (root.path().join("lock"), root.path().join("mark"));
    register(&agent, &job("low", "service", 20, port, &holder(&lock)));
    let low = wait_allocs(&agent, "low", "running", 1).remove(0);
    eventually("the place being held", LIMIT, || {
        lock.exists().then_some(()).ok_or_else(|| "not yet".to_owned())
    });

    let high = job("high", "service", 80, port, &taker(&lock, &mark));
    register(&agent, &high);
    wait_evals(&agent);
    let blocked = agent.try_get("/v1/job/high/evaluations").unwrap();
    let blocked = blocked.as_array().unwrap().iter().any(|eval| eval["Status"] == "blocked");
    assert!(blocked, "services do not preempt unless they may");
    agent.cli(&["job", "stop", "-purge", "-detach", "high"]).ok();

    agent.cli(&["operator", "scheduler", "set-config", "-preempt-service-scheduler=true"]).ok();
    let file = agent.file("high.json", &json!({"Job": high}).to_string());
    let plan = agent.cli(&["job", "plan", "-json", &file]);
    assert_eq!(plan.code, 1, "{}", plan.stderr);
    let table = format!("Preemptions:\n\nAlloc ID  Job ID  Task Group\n{}  low     main\n", &id(&low)[..8]);
    assert!(plan.stdout.contains(&table), "{}", plan.stdout);
    assert_eq!(
        agent.try_get("/v1/job/low/allocations").unwrap()[0]["DesiredStatus"],
        "run",
        "a plan does nothing"
    );

    register(&agent, &high);
    let high = wait_allocs(&agent, "high", "running", 1).remove(0);
    assert!(!mark.exists(), "both ran at once");
    let (victim, taker) = (whole(&agent, &low), whole(&agent, &high));
    assert_eq!(victim["DesiredStatus"], "evict");
    assert_eq!(victim["DesiredDescription"], format!("Preempted by alloc ID {}", id(&high)));
    assert_eq!(
        (&victim["PreemptedByAllocation"], &victim["ClientStatus"]),
        (&high["ID"], &json!("complete"))
    );
    assert_eq!(taker["PreemptedAllocations"], json!([low["ID"]]));
    let scores = &taker["Metrics"]["ScoreMetaData"][0];
    assert!(scores["Scores"]["preemption"].as_f64() > Some(0.5), "{scores}");

    let shown = agent.cli(&["alloc", "status", id(&low)]).ok();
    assert!(shown.contains(&format!("Preempted By Alloc ID = {}", &id(&high)[..8])), "{shown}");
    let shown = agent.cli(&["alloc", "status", "-verbose", id(&high)]).ok();
    assert!(shown.contains(&format!("\nPreempted Allocations\n{}\n", id(&low))), "{shown}");
    let eval = agent.cli(&["eval", "status", taker["EvalID"].as_str().unwrap()]).ok();
    let (_, sections) = eval.split_once("\nPlan Annotations\n").unwrap();
    let names = "Task Group  Ignore  Place  Stop  InPlace  Destructive  Preemptions\n";
    let row = "main        0       1      0     0        0            1\n";
    assert!(sections.starts_with(&format!("{names}{row}\nPreempted Allocations\nID ")), "{eval}");
    let (victims, placed) = sections.split_once("\nPlaced Allocations\n").unwrap();
    assert!(victims.contains(&format!("\n{}  low ", &id(&low)[..8])), "{eval}");
    assert!(placed.contains(&id(&high)[..8]), "{eval}");
    let metric = &taker["Metrics"];
    assert!(metric["AllocationTime"].as_u64() > Some(0), "{metric}");
    let header =
        shown.lines().find(|line| line.starts_with("Node ") && line.ends_with("final score")).unwrap();
    assert!(header.contains("binpack") && header.contains("preemption"), "{header}");

    let evals = agent.try_get("/v1/job/low/evaluations").unwrap();
    let of = |trigger: &str| evals.as_array().unwrap().iter().any(|eval| eval["TriggeredBy"] == trigger);
    assert!(of("preemption"), "{evals:#}");
    agent.cli(&["job", "stop", "-detach", "high"]).ok();
    wait_allocs(&agent, "low", "running", 1);
}

#[test]
fn system_jobs_take_a_place_unasked() {
    let root = tempdir().unwrap();
    let agent = agent(&root);
    let port = muster_testkit::free_port();
    let (lock, mark) = (root.path().join("lock"), root.path().join("mark"));
    register(&agent, &job("low", "service", 50, port, &holder(&lock)));
    wait_allocs(&agent, "low", "running", 1);
    register(&agent, &job("near", "system", 59, port, "sleep 1000"));
    wait_evals(&agent);
    assert_eq!(agent.try_get("/v1/job/near/allocations").unwrap(), json!([]), "nine more is not enough");
    register(&agent, &job("agent", "system", 60, port, &taker(&lock, &mark)));
    wait_allocs(&agent, "agent", "running", 1);
    assert!(!mark.exists(), "both ran at once");
    wait_allocs(&agent, "low", "complete", 1);
}

#[test]
fn who_is_stopped_while_it_waits_for_its_place_ends_without_having_begun() {
    let root = tempdir().unwrap();
    let agent = agent(&root);
    let port = muster_testkit::free_port();
    let (lock, mark) = (root.path().join("lock"), root.path().join("mark"));
    let slow = holder(&lock).replace("sleep 1;", "sleep 3;");
    register(&agent, &job("low", "service", 20, port, &slow));
    wait_allocs(&agent, "low", "running", 1);
    register(&agent, &job("agent", "system", 80, port, &format!("touch {}; sleep 1000", mark.display())));
    wait_allocs(&agent, "agent", "pending", 1);
    agent.cli(&["job", "stop", "-detach", "agent"]).ok();
    wait_allocs(&agent, "agent", "complete", 1);
    assert!(!mark.exists());
    wait_allocs(&agent, "low", "running", 1);
}
