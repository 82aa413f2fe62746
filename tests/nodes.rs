//! What a node says of itself, and how jobs aim at it: rows R139 to R144 of the user checklist, and node metadata.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{LIMIT, as_nomad, register, shell_job, wait_allocs, wait_nodes};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

/// A development agent with `client` in its `client` block.
fn agent(root: &TempDir, client: &str) -> Agent {
    let mut options = as_nomad(root, "dev");
    options.args = vec!["-dev".to_owned()];
    options.config = format!("client {{\n{client}\n}}\n");
    let agent = options.start();
    wait_nodes(&agent, 1);
    agent
}

fn node(agent: &Agent) -> Value {
    let nodes = agent.get("/v1/nodes");
    agent.get(&format!("/v1/node/{}", nodes[0]["ID"].as_str().unwrap()))
}

/// R139, R140: the old names of the lists, and two `options` in one block.
#[test]
fn drivers_are_denied_and_allowed_by_their_old_options() {
    let root = tempdir().unwrap();
    let agent = agent(
        &root,
        r#"
  options = {
    "driver.blacklist" = "java,exec,mock_driver"
  }
  options = {
    "driver.whitelist" = "docker,exec,raw_exec"
  }"#,
    );
    let node = node(&agent);
    let drivers: Vec<&String> = node["Drivers"].as_object().unwrap().keys().collect();
    // Denied wins over allowed, and what is not allowed does not exist.
    assert_eq!(drivers, ["raw_exec"]);
    assert_eq!(node["Attributes"]["driver.raw_exec"], "1");
    register(&agent, &shell_job("allowed", "batch", 1, "true"));
    wait_allocs(&agent, "allowed", "complete", 1);
}

/// R141, R143, R144.
#[test]
fn class_metadata_and_host_volumes_are_declared_and_aimed_at() {
    let root = tempdir().unwrap();
    let (logs, data) = (root.path().join("log"), root.path().join("data"));
    std::fs::create_dir_all(&logs).unwrap();
    std::fs::create_dir_all(&data).unwrap();
    let agent = agent(
        &root,
        &format!(
            r#"
  enabled    = true
  node_class = "production"
  meta {{
    environment = "production"
    trust_zone  = "high"
  }}
  host_volume "logs" {{
    path      = {logs:?}
    read_only = true
  }}
  host_volume "data" {{
    path      = {data:?}
    read_only = false
  }}"#
        ),
    );
    let node = node(&agent);
    assert_eq!(node["NodeClass"], "production");
    assert_eq!(node["HostVolumes"]["logs"]["ReadOnly"], true);
    assert_eq!(node["HostVolumes"]["data"]["Path"], json!(data));
    let shown = agent.cli(&["node", "status", "-verbose", node["ID"].as_str().unwrap()]).ok();
    assert!(shown.contains("trust_zone") && shown.contains("logs"), "{shown}");
    let constrained = |zone: &str| {
        format!(
            r#"
job "zone-{zone}" {{
  type = "batch"
  constraint {{
    attribute = "${{node.class}}"
    operator  = "="
    value     = "production"
  }}
  constraint {{
    attribute = "${{meta.trust_zone}}"
    operator  = "="
    value     = "{zone}"
  }}
  group "g" {{
    task "t" {{
      driver = "raw_exec"
      config {{
        command = "/bin/echo"
        args    = ["in ${{meta.trust_zone}}"]
      }}
      resources {{
        cpu    = 10
        memory = 10
      }}
    }}
  }}
}}
"#
        )
    };
    let file = agent.file("high.nomad", &constrained("high"));
    agent.cli(&["job", "run", &file]).ok();
    let done = wait_allocs(&agent, "zone-high", "complete", 1);
    let printed = agent.cli(&["alloc", "logs", common::id(&done[0])]).ok();
    assert_eq!(printed, "in high\n");
    let file = agent.file("low.nomad", &constrained("low"));
    let refused = agent.cli(&["job", "run", &file]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stdout.contains("${meta.trust_zone} = low"), "{}", refused.stdout);
}

#[test]
fn a_host_volume_without_its_directory_is_an_error_at_the_start() {
    let root = tempdir().unwrap();
    let mut options = as_nomad(&root, "dev");
    options.args = vec!["-dev".to_owned()];
    options.config =
        "client {\n  host_volume \"logs\" {\n    path = \"/nonexistent/logs\"\n  }\n}\n".to_owned();
    let mut agent = options.spawn();
    assert_eq!(agent.wait_exit(), Some(1));
    assert!(agent.output().contains("host_volume `logs`: `/nonexistent/logs`"), "{}", agent.output());
}

/// Applied metadata is seen by the scheduler, moves blocked work, and outlives the agent.
#[test]
fn metadata_applied_at_run_time_places_work_and_is_kept() {
    let root = tempdir().unwrap();
    let server = as_nomad(&root, "server").server().start();
    let mut client =
        as_nomad(&root, "client").client(server.options.rpc_port, "meta {\n ou = \"finance\"\n}").start();
    wait_nodes(&server, 1);
    let mut job = shell_job("late", "batch", 1, "echo here");
    job["Constraints"] = json!([{"LTarget": "${meta.rack}", "RTarget": "r1", "Operand": "="}]);
    register(&server, &job);
    eventually("the evaluation being blocked", LIMIT, || {
        let evals = server.try_get("/v1/job/late/evaluations")?;
        let blocked = evals.as_array().into_iter().flatten().any(|eval| eval["Status"] == "blocked");
        blocked.then_some(()).ok_or_else(|| evals.to_string())
    });
    // Asked of the client agent, it is about that agent's node; asked of the server, the node is named.
    client.cli(&["node", "meta", "apply", "-unset", "ou", "rack=r1"]).ok();
    wait_allocs(&server, "late", "complete", 1);
    let id = server.get("/v1/nodes")[0]["ID"].as_str().unwrap().to_owned();
    let read = |agent: &Agent| agent.cli(&["node", "meta", "read", "-json", "-node-id", &id[..8]]).ok();
    let expected = json!({
        "Meta": {"rack": "r1"}, "Dynamic": {"ou": null, "rack": "r1"}, "Static": {"ou": "finance"},
    });
    assert_eq!(serde_json::from_str::<Value>(&read(&server)).unwrap(), expected);
    assert_eq!(client.get("/v1/client/metadata"), expected);
    assert_eq!(client.interrupt(), Some(1));
    client.restart();
    wait_nodes(&server, 1);
    eventually("the restarted client answering", LIMIT, || {
        let answer = server.try_get(&format!("/v1/client/metadata?node_id={id}"))?;
        if answer == expected { Ok(()) } else { Err(answer.to_string()) }
    });
    let bad = client.cli(&["node", "meta", "apply", "a b=1"]);
    assert_eq!(bad.code, 1);
    assert!(bad.stderr.contains("metadata key `a b`"), "{bad:?}");
    let nameless = server.cli(&["node", "meta", "read"]);
    assert!(nameless.stderr.contains("No local Node and node_id not provided"), "{nameless:?}");
}
