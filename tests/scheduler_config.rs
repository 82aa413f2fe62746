//! How the cluster schedules, and node pools, as operators set them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{LIMIT, get_text, nomad, options, register, shell_job, wait_allocs, wait_evals};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

const PATH: &str = "/v1/operator/scheduler/configuration";

/// An agent with a client, called `nomad`; `server` goes into its `server` block.
fn agent(root: &TempDir, server: &str) -> Agent {
    let mut options = options(root, "sched");
    options.binary = nomad(root);
    options.args = vec!["-dev".to_owned()];
    options.config = format!("server {{\n{server}\n}}\n");
    let agent = options.start();
    eventually("the configuration being stored", LIMIT, || {
        let stored = config(&agent)["ModifyIndex"].as_u64();
        (stored > Some(0)).then_some(()).ok_or_else(|| "not yet".to_owned())
    });
    agent
}

fn config(agent: &Agent) -> Value {
    agent.try_get(PATH).unwrap()["SchedulerConfig"].clone()
}

fn set(agent: &Agent, flags: &[&str]) {
    let args: Vec<&str> = ["operator", "scheduler", "set-config"].iter().chain(flags).copied().collect();
    assert_eq!(agent.cli(&args).ok(), "Scheduler configuration updated!\n");
}

#[test]
fn the_configuration_is_read_and_changed_by_whoever_saw_the_newest() {
    let root = tempdir().unwrap();
    let agent = agent(&root, "");
    let shown = agent.cli(&["operator", "scheduler", "get-config"]).ok();
    for line in [
        "Scheduler Algorithm               = binpack",
        "Preemption System Scheduler       = true",
        "Preemption Service Scheduler      = false",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    let before = config(&agent);
    assert_eq!(
        before["PreemptionConfig"],
        json!({"SystemSchedulerEnabled": true, "SysBatchSchedulerEnabled": false,
               "BatchSchedulerEnabled": false, "ServiceSchedulerEnabled": false})
    );
    set(&agent, &["-scheduler-algorithm=spread", "-preempt-batch-scheduler", "true"]);
    let after = config(&agent);
    assert_eq!(after["SchedulerAlgorithm"], "spread");
    assert_eq!(after["PreemptionConfig"]["BatchSchedulerEnabled"], true);
    assert_eq!(after["PreemptionConfig"]["SystemSchedulerEnabled"], true, "what is not named stays");
    assert_eq!(after["CreateIndex"], before["CreateIndex"]);

    let stale = format!("-check-index={}", before["ModifyIndex"]);
    let refused = agent.cli(&["operator", "scheduler", "set-config", &stale, "-pause-eval-broker=true"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("could not be atomically updated"), "{}", refused.stderr);
    assert_eq!(config(&agent), after);
    let (status, text) = agent.put(&format!("{PATH}?cas=1"), &after).unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &answer["Updated"]), (200, &json!(false)), "{text}");
    let newest = format!("{PATH}?cas={}", after["ModifyIndex"]);
    let answer: Value = serde_json::from_str(&agent.put(&newest, &after).unwrap().1).unwrap();
    assert_eq!(answer["Updated"], true);
    assert!(answer["Index"].as_u64() > after["ModifyIndex"].as_u64());

    let wrong = agent.put(PATH, &json!({"SchedulerAlgorithm": "worst"})).unwrap();
    assert_eq!(wrong, (400, "invalid scheduler algorithm: worst".to_owned()));
    assert_eq!(agent.put(&format!("{PATH}?cas=x"), &after).unwrap().0, 400);
    let json = agent.cli(&["operator", "scheduler", "get-config", "-json"]).ok();
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["SchedulerConfig"], config(&agent));
    let one = ["operator", "scheduler", "get-config", "-t", "{{.SchedulerConfig.SchedulerAlgorithm}}"];
    assert_eq!(agent.cli(&one).ok(), "spread\n");
}

#[test]
fn a_new_cluster_begins_as_its_file_says_and_never_reads_it_again() {
    let root = tempdir().unwrap();
    let block = |algorithm: &str| {
        format!(
            "default_scheduler_config {{\n  scheduler_algorithm = \"{algorithm}\"\n  \
             memory_oversubscription_enabled = true\n  preemption_config {{\n    \
             system_scheduler_enabled = false\n    service_scheduler_enabled = true\n  }}\n}}\n"
        )
    };
    let mut options = options(&root, "server").server();
    let plain = options.config.clone();
    let with = |algorithm: &str| {
        plain.replace("bootstrap_expect = 1\n", &format!("bootstrap_expect = 1\n{}", block(algorithm)))
    };
    options.config = with("spread");
    let mut agent = options.start();
    let stored = eventually("the configuration being stored", LIMIT, || {
        let config = config(&agent);
        (config["ModifyIndex"].as_u64() > Some(0)).then_some(config).ok_or_else(|| "not yet".to_owned())
    });
    assert_eq!(
        (&stored["SchedulerAlgorithm"], &stored["MemoryOversubscriptionEnabled"]),
        (&json!("spread"), &json!(true))
    );
    assert_eq!(stored["PreemptionConfig"]["SystemSchedulerEnabled"], false);
    assert_eq!(stored["PreemptionConfig"]["ServiceSchedulerEnabled"], true);
    agent.interrupt();
    agent.options.config = with("binpack");
    agent.restart();
    eventually("the server leading again", LIMIT, || agent.try_get("/v1/status/leader"));
    assert_eq!(config(&agent), stored);
}

#[test]
fn registration_can_be_closed() {
    const TEXT: &str = "Job registration, dispatch, and scale are disabled by the scheduler configuration";
    let root = tempdir().unwrap();
    let open = agent(&root, "");
    register(&open, &shell_job("before", "service", 1, "sleep 1000"));
    set(&open, &["-reject-job-registration=true"]);
    let job = shell_job("after", "service", 1, "sleep 1000");
    assert_eq!(open.put("/v1/jobs", &json!({"Job": job})).unwrap(), (403, TEXT.to_owned()));
    assert_eq!(open.put("/v1/job/after", &json!({"Job": job})).unwrap(), (403, TEXT.to_owned()));
    assert_eq!(open.put("/v1/job/before/dispatch", &json!({})).unwrap(), (403, TEXT.to_owned()));
    wait_allocs(&open, "before", "running", 1);
    assert_eq!(open.cli(&["job", "stop", "-detach", "before"]).code, 0, "what runs may be stopped");
    set(&open, &["-reject-job-registration=false"]);
    register(&open, &job);
}

#[test]
fn holders_of_management_tokens_register_all_the_same() {
    let root = tempdir().unwrap();
    let mut options = options(&root, "acl").server();
    options.args = vec!["--acl-enabled".to_owned()];
    options.config = options.config.replace(
        "bootstrap_expect = 1\n",
        "bootstrap_expect = 1\ndefault_scheduler_config {\n  reject_job_registration = true\n}\n",
    );
    let agent = options.start();
    let made = agent.cli(&["acl", "bootstrap", "-json"]).ok();
    let made: Value = serde_json::from_str(&made).unwrap();
    let token = format!("-token={}", made["SecretID"].as_str().unwrap());
    let job = agent.file("web.json", &json!({"Job": shell_job("web", "service", 1, "true")}).to_string());
    let run = agent.cli(&["job", "run", "-detach", "-json", &token, &job]);
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn a_paused_broker_hands_out_nothing_until_it_goes_on() {
    let root = tempdir().unwrap();
    let agent = agent(&root, "");
    set(&agent, &["-pause-eval-broker=true"]);
    let registered = register(&agent, &shell_job("web", "service", 2, "sleep 1000"));
    let eval = format!("/v1/evaluation/{}", registered["EvalID"].as_str().unwrap());
    // Another write goes all the way through meanwhile, and the housekeeper turns.
    set(&agent, &["-scheduler-algorithm=spread"]);
    assert_eq!(agent.try_get(&eval).unwrap()["Status"], "pending");
    assert_eq!(agent.try_get("/v1/job/web/allocations").unwrap(), json!([]));
    set(&agent, &["-pause-eval-broker=false"]);
    wait_allocs(&agent, "web", "running", 2);
    wait_evals(&agent);
}

#[test]
fn node_pools_are_made_shown_and_forgotten() {
    let root = tempdir().unwrap();
    let agent = agent(&root, "");
    let list = agent.cli(&["node", "pool", "list"]).ok();
    assert!(
        list.starts_with("Name     Description\nall      Node pool with all nodes in the cluster.\n"),
        "{list}"
    );

    let file = agent.options.dir.join("pool.nomad.hcl").to_string_lossy().into_owned();
    let written = agent.cli(&["node", "pool", "init", &file]).ok();
    assert_eq!(written, format!("Example node pool specification written to {file}\n"));
    assert_eq!(agent.cli(&["node", "pool", "init", &file]).code, 1, "what is there stays");
    let applied = agent.cli(&["node", "pool", "apply", &file]).ok();
    assert_eq!(applied, "Successfully applied node pool \"example\"!\n");
    let info = agent.cli(&["node", "pool", "info", "exam"]).ok();
    for line in ["Description = Example node pool", "owner       = platform", "= spread"] {
        assert!(info.contains(line), "{info}");
    }
    let pool = agent.try_get("/v1/node/pool/example").unwrap();
    assert_eq!(
        pool["SchedulerConfiguration"],
        json!({"SchedulerAlgorithm": "spread", "MemoryOversubscriptionEnabled": true})
    );
    assert_eq!(pool["NodeIdentityTTL"], 86_400_000_000_000_u64);
    assert!(!pool["Hash"].as_str().unwrap().is_empty());

    let body = json!({"Name": "other", "Meta": {"a": "b"}});
    assert_eq!(agent.put("/v1/node/pool/other", &body).unwrap(), (200, String::new()));
    let mismatch = agent.put("/v1/node/pool/example", &body).unwrap();
    assert_eq!(mismatch, (400, "Node pool name does not match request path".to_owned()));
    let (status, text) = agent.put("/v1/node/pools", &json!({"Name": "a b"})).unwrap();
    assert!(
        status == 400 && text.starts_with("invalid node pool \"a b\": 1 error occurred:\n\t* "),
        "{text}"
    );
    let built_in = agent.put("/v1/node/pools", &json!({"Name": "all"})).unwrap();
    assert_eq!(built_in, (400, "modifying node pool \"all\" is not allowed".to_owned()));
    let filtered =
        agent.cli(&["node", "pool", "list", "-filter", "Meta.a == b", "-t", "{{range .}}{{.Name}}{{end}}"]);
    assert_eq!(filtered.ok(), "other\n");

    let mut inside = shell_job("inside", "service", 1, "sleep 1000");
    inside["NodePool"] = json!("example");
    register(&agent, &inside);
    assert!(agent.cli(&["node", "pool", "jobs", "example"]).ok().contains("inside"));
    assert_eq!(agent.cli(&["node", "pool", "nodes", "example"]).ok(), "No nodes\n");
    assert!(agent.cli(&["node", "pool", "nodes", "default"]).ok().contains("ready"));
    let in_use = agent.cli(&["node", "pool", "delete", "example"]);
    assert_eq!(in_use.code, 1);
    assert!(
        in_use.stderr.contains("node pool \"example\" has non-terminal jobs in regions: [global]"),
        "{}",
        in_use.stderr
    );
    agent.cli(&["job", "stop", "-purge", "-detach", "inside"]).ok();
    eventually("the pool being deleted", LIMIT, || {
        let deleted = agent.cli(&["node", "pool", "delete", "example"]);
        if deleted.code == 0 { Ok(()) } else { Err(deleted.stderr) }
    });
    let gone = agent.cli(&["node", "pool", "delete", "example"]);
    assert!(gone.stderr.contains("node pool example not found"), "{}", gone.stderr);
    assert_eq!(get_text(&agent, "/v1/node/pool/example"), (404, "node pool not found".to_owned()));
}
