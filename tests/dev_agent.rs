//! One agent in development mode, from the outside: the command line, the API, and what it leaves behind.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::{Duration, Instant};

use common::{dev_agent, id, options, register, shell_job, wait_allocs};
use muster_testkit::eventually;
use serde_json::json;
use tempfile::tempdir;

const JOB: &str = r#"
variable "greeting" {
  type    = string
  default = "hello"
}

job "greet" {
  type = "batch"
  group "g" {
    task "say" {
      driver = "raw_exec"
      config {
        command = "/bin/sh"
        args    = ["-c", "echo ${var.greeting} from $NOMAD_TASK_NAME on ${attr.kernel.name}; echo oops >&2"]
      }
      resources {
        cpu    = 20
        memory = 20
      }
    }
  }
}
"#;

#[test]
fn a_job_file_becomes_a_process_and_its_output_comes_back() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let file = agent.file("greet.nomad.hcl", JOB);

    let run = agent.cli(&["job", "run", "-var", "greeting=salut", &file]).ok();
    assert!(run.contains("finished with status \"complete\""), "{run}");
    let alloc = wait_allocs(&agent, "greet", "complete", 1).remove(0);

    assert_eq!(agent.cli(&["alloc", "logs", id(&alloc)]).ok(), "salut from say on linux\n");
    assert_eq!(agent.cli(&["alloc", "logs", "-stderr", &id(&alloc)[..8], "say"]).ok(), "oops\n");
    let status = agent.cli(&["alloc", "status", id(&alloc)]).ok();
    assert!(status.contains("Exit Code: 0"), "{status}");
    let status = agent.cli(&["job", "status", "greet"]).ok();
    assert!(status.contains("dead") && status.contains("Summary"), "{status}");
    let inspected: serde_json::Value =
        serde_json::from_str(&agent.cli(&["job", "inspect", "greet"]).ok()).unwrap();
    assert_eq!(inspected["Job"]["ID"], "greet");
    assert!(agent.cli(&["node", "status"]).ok().contains("ready"));
    assert!(agent.cli(&["server", "members"]).ok().contains("alive"));
    let eval = alloc["EvalID"].as_str().unwrap();
    assert!(agent.cli(&["eval", "status", eval]).ok().contains("complete"));
}

#[test]
fn bad_job_files_are_refused_with_their_place() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let file = agent.file("bad.nomad.hcl", &JOB.replace("driver = \"raw_exec\"", "drivr = \"raw_exec\""));
    let output = agent.cli(&["job", "run", &file]);
    assert_eq!(output.code, 1);
    let text = format!("{}{}", output.stdout, output.stderr);
    assert!(
        text.contains("bad.nomad.hcl:11:7") && text.contains("drivr") && text.contains("driver"),
        "{text}"
    );

    let file = agent.file(
        "invalid.nomad.hcl",
        &JOB.replace("cpu    = 20", "cpu = -5").replace("type = \"batch\"", "type = \"bach\""),
    );
    let output = agent.cli(&["job", "validate", &file]);
    assert_eq!(output.code, 1);
    assert_eq!(agent.get("/v1/jobs"), json!([]));
}

#[test]
fn stopping_a_job_ends_its_processes() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &shell_job("sleeper", "service", 2, "echo $$; exec sleep 1000"));
    let allocs = wait_allocs(&agent, "sleeper", "running", 2);
    let pids: Vec<String> =
        allocs.iter().map(|alloc| agent.cli(&["alloc", "logs", id(alloc)]).ok()).collect();
    assert!(agent.cli(&["job", "stop", "-yes", "sleeper"]).ok().contains("complete"));
    wait_allocs(&agent, "sleeper", "complete", 2);
    for pid in pids {
        assert!(!std::path::Path::new("/proc").join(pid.trim()).exists(), "process {pid} still runs");
    }
    assert_eq!(agent.get("/v1/job/sleeper")["Status"], "dead");
    assert_eq!(agent.cli(&["job", "stop", "-purge", "-yes", "sleeper"]).code, 0);
    assert!(agent.try_get("/v1/job/sleeper").unwrap_err().contains("job not found"));
}

#[test]
fn blocking_queries_wake_on_their_object_only() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &shell_job("watched", "service", 1, "exec sleep 1000"));
    wait_allocs(&agent, "watched", "running", 1);
    let index = agent.get("/v1/job/watched")["ModifyIndex"].as_u64().unwrap();
    let started = Instant::now();
    let unchanged = agent.get(&format!("/v1/job/watched?index={}&wait=300ms", index + 1000));
    assert!(started.elapsed() >= Duration::from_millis(300), "it must wait where nothing changes");
    assert_eq!(unchanged["ID"], "watched");

    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| agent.get(&format!("/v1/job/watched?index={index}&wait=30s")));
        register(&agent, &shell_job("watched", "service", 2, "exec sleep 1000"));
        assert_eq!(waiter.join().unwrap()["TaskGroups"][0]["Count"], 2);
    });
    let error = agent.try_get("/v1/jobs?index=x").unwrap_err();
    assert!(error.contains("400") && error.contains("Invalid index"), "{error}");
}

#[test]
fn an_interrupted_dev_agent_ends_soon_and_leaves_nothing_behind() {
    let root = tempdir().unwrap();
    let mut agent = dev_agent(&root);
    register(&agent, &shell_job("left", "service", 1, "echo $$; exec sleep 1000"));
    let alloc = wait_allocs(&agent, "left", "running", 1).remove(0);
    let pid = agent.cli(&["alloc", "logs", id(&alloc)]).ok();
    let started = Instant::now();
    agent.interrupt();
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    eventually("the task being gone", Duration::from_secs(5), || {
        let gone = !std::path::Path::new("/proc").join(pid.trim()).exists();
        gone.then_some(()).ok_or_else(|| format!("process {pid} still runs"))
    });
}

#[test]
fn pages_of_a_browser_are_refused() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let status = |header: &str, value: &str| {
        let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = client.get(format!("{}/v1/jobs", agent.address())).header(header, value);
        request.call().unwrap().status().as_u16()
    };
    assert_eq!(status("Accept", "*/*"), 200);
    assert_eq!(status("Origin", "http://evil.example"), 403);
    assert_eq!(status("Sec-Fetch-Site", "cross-site"), 403);
    assert_eq!(status("Host", "evil.example"), 403);
}

#[test]
fn controls_that_are_not_enforced_are_refused_rather_than_pretended() {
    let root = tempdir().unwrap();
    for (name, config, word) in [
        ("three", "server {\n  bootstrap_expect = 3\n}\n", "one server"),
        ("join", "server {\n  server_join {\n    retry_join = [\"127.0.0.1\"]\n  }\n}\n", "one server"),
    ] {
        let mut options = options(&root, name);
        options.args = vec!["-dev".to_owned()];
        options.config = config.to_owned();
        let mut agent = options.spawn();
        assert_eq!(agent.wait_exit(), Some(1), "{name}");
        assert!(agent.output().contains(word), "{name}:\n{}", agent.output());
    }
}

#[test]
fn unbuilt_routes_say_so_and_touch_no_job() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &shell_job("kept", "service", 1, "exec sleep 1000"));
    for path in ["/v1/vars", "/v1/quota", "/v1/sentinel/policy/kept"] {
        let (status, text) = agent.put(path, &json!({})).unwrap();
        assert_eq!(status, 501, "{path}: {text}");
        assert!(text.contains("not supported"), "{text}");
    }
    assert_eq!(agent.get("/v1/job/kept")["Stop"], false);
}

#[test]
fn addresses_beyond_loopback_are_refused_and_what_is_missing_is_named() {
    let root = tempdir().unwrap();
    let mut options = options(&root, "exposed");
    options.args = vec!["-dev".to_owned(), "-bind=0.0.0.0".to_owned()];
    let mut agent = options.spawn();
    assert_eq!(agent.wait_exit(), Some(1));
    let output = agent.output();
    for word in ["0.0.0.0", "tls", "acl", "encrypt"] {
        assert!(output.to_lowercase().contains(word), "`{word}` is not named:\n{output}");
    }
}
