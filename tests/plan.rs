//! `job plan` and what depends on it: the dry run tells what would happen, and nothing happens.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{as_nomad, wait_allocs, wait_nodes};
use muster_testkit::Agent;
use tempfile::{TempDir, tempdir};

fn agent(root: &TempDir) -> Agent {
    let mut options = as_nomad(root, "dev");
    options.args = vec!["-dev".to_owned()];
    let agent = options.start();
    wait_nodes(&agent, 1);
    agent
}

fn job(agent: &Agent, count: u32, script: &str, kill_timeout: &str) -> String {
    let text = format!(
        r#"
variable "script" {{
  type    = string
  default = {script:?}
}}
job "web" {{
  group "g" {{
    count = {count}
    task "t" {{
      driver       = "raw_exec"
      kill_timeout = "{kill_timeout}"
      config {{
        command = "/bin/sh"
        args    = ["-c", var.script]
      }}
      resources {{
        cpu    = 10
        memory = 10
      }}
    }}
  }}
}}
"#
    );
    agent.file("web.nomad.hcl", &text)
}

#[test]
fn a_plan_tells_what_would_happen_and_changes_nothing() {
    let root = tempdir().unwrap();
    let agent = agent(&root);
    let file = job(&agent, 1, "sleep 600", "5s");
    let plan = agent.cli(&["job", "plan", &file]);
    assert_eq!(plan.code, 1, "{plan:?}");
    assert!(plan.stdout.contains("+ Job: \"web\""), "{}", plan.stdout);
    assert!(plan.stdout.contains("+ Task Group: \"g\" (1 create)"), "{}", plan.stdout);
    assert!(plan.stdout.contains("- All tasks successfully allocated."), "{}", plan.stdout);
    assert!(plan.stdout.contains(&format!("nomad job run -check-index 0 {file}")), "{}", plan.stdout);
    assert_eq!(agent.get("/v1/jobs"), serde_json::json!([]));

    agent.cli(&["job", "run", "-detach", "-check-index", "0", &file]).ok();
    wait_allocs(&agent, "web", "running", 1);
    let before = agent.get("/v1/job/web");
    let same = agent.cli(&["job", "plan", &file]);
    assert_eq!(same.code, 0, "{same:?}");

    let in_place = agent.cli(&["plan", &job(&agent, 1, "sleep 600", "9s")]);
    assert_eq!(in_place.code, 0, "{in_place:?}");
    assert!(in_place.stdout.contains("(forces in-place update)"), "{}", in_place.stdout);
    assert!(in_place.stdout.contains("\"5000000000\" => \"9000000000\""), "{}", in_place.stdout);

    let replaced = agent.cli(&["plan", "-var", "script=sleep 700", &file]);
    assert_eq!(replaced.code, 1, "{replaced:?}");
    assert!(replaced.stdout.contains("(forces create/destroy update)"), "{}", replaced.stdout);
    assert!(replaced.stdout.contains("-var='script=sleep 700'"), "{}", replaced.stdout);

    let more = agent.cli(&[
        "plan",
        "-t",
        "{{.JobModifyIndex}} {{(index .Annotations.DesiredTGUpdates \"g\").Place}}",
        &job(&agent, 3, "sleep 600", "5s"),
    ]);
    let index = before["JobModifyIndex"].as_u64().unwrap();
    assert_eq!((more.code, more.stdout), (1, format!("{index} 2\n")));

    let huge = job(&agent, 1, "true", "5s");
    let text = std::fs::read_to_string(&huge).unwrap().replace("memory = 10", "memory = 99999999");
    let refused = agent.cli(&["plan", &agent.file("huge.hcl", &text)]);
    assert!(refused.stdout.contains("WARNING: Failed to place all allocations."), "{}", refused.stdout);
    assert!(refused.stdout.contains("Dimension \"memory\" exhausted on 1 nodes"), "{}", refused.stdout);
    let broken = agent.cli(&["plan", &agent.file("broken.hcl", "job \"x\" {}")]);
    assert_eq!(broken.code, 255, "{broken:?}");
    // All the while nothing was registered, and nothing moved.
    assert_eq!(agent.get("/v1/job/web"), before);
    assert_eq!(wait_allocs(&agent, "web", "running", 1).len(), 1);
}

#[test]
fn history_shows_what_each_version_changed() {
    let root = tempdir().unwrap();
    let agent = agent(&root);
    for script in ["sleep 600", "sleep 601"] {
        agent.cli(&["job", "run", "-detach", &job(&agent, 1, script, "5s")]).ok();
    }
    let history = agent.cli(&["job", "history", "-p", "web"]).ok();
    assert!(history.contains("Version     = 1") && history.contains("Version     = 0"), "{history}");
    assert!(history.contains("args[1]: \"sleep 600\" => \"sleep 601\""), "{history}");
    let one = agent.cli(&["job", "history", "-version", "1", "-json", "web"]).ok();
    let one: serde_json::Value = serde_json::from_str(&one).unwrap();
    assert_eq!((one["Versions"].as_array().unwrap().len(), &one["Versions"][0]["Version"]), (1, &1.into()));
    let allocs = agent.cli(&["job", "allocs", "-t", "{{len .}}", "web"]).ok();
    assert_eq!(allocs, "2\n");
    // What earlier versions left is over, and no plan counts it.
    let plan = agent.cli(&["job", "plan", &job(&agent, 1, "sleep 601", "5s")]);
    assert!(plan.stdout.contains("Task Group: \"g\" (1 ignore)"), "{plan:?}");
    let none = agent.cli(&["job", "history", "-version", "9", "web"]);
    assert_eq!((none.code, none.stderr.contains("no version 9")), (1, true), "{none:?}");
}
