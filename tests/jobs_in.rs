//! Job files as users write them, given to the real binary under the name `nomad`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::{id, options, wait_allocs, wait_nodes};
use muster_testkit::Agent;
use muster_testkit::artifacts::ArtifactServer;
use serde_json::Value;
use tempfile::{TempDir, tempdir};

/// A development agent whose binary is called `nomad`, as other people's scripts call it.
fn nomad(root: &TempDir, env: &[(&str, &str)]) -> Agent {
    let link = root.path().join("nomad");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_muster"), &link).unwrap();
    let mut options = options(root, "dev");
    options.binary = link;
    options.args = vec!["-dev".to_owned()];
    options.env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let agent = options.start();
    wait_nodes(&agent, 1);
    agent
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Runs a command that must fail; gives what it says.
fn refused(agent: &Agent, args: &[&str]) -> String {
    let output = agent.cli(args);
    assert_ne!(output.code, 0, "{args:?} succeeded: {}", output.stdout);
    format!("{}{}", output.stdout, output.stderr)
}

fn hostname(agent: &Agent) -> String {
    let node = agent.get("/v1/nodes").as_array().unwrap()[0]["ID"].as_str().unwrap().to_owned();
    agent.get(&format!("/v1/node/{node}"))["Attributes"]["unique.hostname"].as_str().unwrap().to_owned()
}

/// R012, R014, R016: a job is a specification and its constraints; the tool comes from an https server and is checked
/// before it runs.
fn tool_job(hostname: &str, source: &str, checksum: &str) -> String {
    format!(
        r#"
job "autorun" {{
  region      = "global"
  datacenters = ["dc1"]
  type        = "sysbatch"

  constraint {{
    attribute = "${{attr.unique.hostname}}"
    value     = "{hostname}"
  }}

  group "autorun" {{
    count = 1

    task "autorun" {{
      driver = "raw_exec"

      config {{
        command = "local/tool"
        args    = ["-accepteula -c"]
      }}

      artifact {{
        source = "{source}"
        mode   = "file"

        destination = "local/tool"

        options {{
          checksum = "sha256:{checksum}"
        }}
      }}

      resources {{
        cpu    = 20
        memory = 20
      }}
    }}
  }}
}}
"#
    )
}

const TOOL: &[u8] = b"#!/bin/sh\necho \"tool got $1\"\n";
/// Of [`TOOL`].
const TOOL_SHA256: &str = "25368379eba8b3f6e93bca55b9f54b9b38e9ca6bf021590603fda8ca427d5d11";

#[test]
fn a_tool_is_checked_and_runs_where_the_constraint_says() {
    let root = tempdir().unwrap();
    let server = ArtifactServer::start(root.path(), BTreeMap::from([("/tool".to_owned(), TOOL.to_vec())]));
    let agent = nomad(&root, &[("SSL_CERT_FILE", &server.ca_file().display().to_string())]);
    let host = hostname(&agent);

    // As printed: the source is empty and the checksum is cut off. Both are said at once, with their places.
    let file = agent.file("cut.nomad.hcl", &tool_job(&host, "", "adf767759......"));
    for verb in ["validate", "run"] {
        let text = refused(&agent, &["job", verb, &file]);
        assert!(text.contains("source must be specified"), "{text}");
        assert!(text.contains("sha256 takes 64 hexadecimal digits, got 15"), "{text}");
        assert!(text.contains("Task group autorun") && text.contains("Artifact 1"), "{text}");
        assert!(text.contains("cut.nomad.hcl:24:18: ") && text.contains("cut.nomad.hcl:30:22: "), "{text}");
    }

    // Elsewhere: valid, and placed nowhere.
    let file = agent.file("away.nomad.hcl", &tool_job("another-machine", &server.url("/tool"), TOOL_SHA256));
    let said = agent.cli(&["job", "run", "-detach", &file]).ok();
    assert!(said.contains("Job registration successful"), "{said}");
    let file = agent.file("here.nomad.hcl", &tool_job(&host, &server.url("/tool"), TOOL_SHA256));
    assert!(agent.cli(&["job", "validate", &file]).ok().contains("Job validation successful"));
    let said = agent.cli(&["job", "run", &file]).ok();
    assert!(said.contains("finished with status"), "{said}");
    let alloc = wait_allocs(&agent, "autorun", "complete", 1).remove(0);
    assert_eq!(agent.cli(&["alloc", "logs", id(&alloc)]).ok(), "tool got -accepteula -c\n");
}

/// R142, as it was printed.
const VOLUME_IN_THE_JOB: &str = r#"
job "webapp" {
  task "web" {
    driver = "docker"

    volume_mount {
      volume      = "logs"
      destination = "/var/log/app"
      read_only   = true
    }
  }

  volume "logs" {
    type      = "host"
    read_only = true
    source    = "logs"
  }
}
"#;

#[test]
fn a_volume_in_the_job_goes_to_the_group_that_mounts_it() {
    let root = tempdir().unwrap();
    let agent = nomad(&root, &[]);
    let file = agent.file("webapp.nomad.hcl", VOLUME_IN_THE_JOB);
    let said = agent.cli(&["job", "validate", &file]).ok();
    assert!(said.contains("`volume \"logs\"` stands in the job and is given to each group"), "{said}");
    assert!(said.contains("Task group web: a `volume` block is not supported by this version"), "{said}");
    let job = parse(&agent, VOLUME_IN_THE_JOB);
    let group = &job["TaskGroups"][0];
    assert_eq!(group["Volumes"]["logs"]["Source"], "logs");
    assert_eq!(group["Tasks"][0]["VolumeMounts"][0]["Volume"], "logs");
    // What would run without its volume is not run.
    let text = refused(&agent, &["job", "run", &file]);
    assert!(text.contains("the tasks would run without the volume"), "{text}");
}

fn parse(agent: &Agent, text: &str) -> Value {
    let body = serde_json::json!({"JobHCL": text, "Canonicalize": true});
    let (status, answer) = agent.put("/v1/jobs/parse", &body).unwrap();
    assert_eq!(status, 200, "{answer}");
    serde_json::from_str(&answer).unwrap()
}

#[test]
fn a_job_that_breaks_rules_is_no_answer_to_canonicalize() {
    let root = tempdir().unwrap();
    let agent = nomad(&root, &[]);
    let broken =
        "job \"x\" {\n  group \"g\" {\n    count = -1\n    task \"t\" { driver = \"raw_exec\" }\n  }\n}\n";
    let body = serde_json::json!({"JobHCL": broken, "Canonicalize": true});
    let (status, answer) = agent.put("/v1/jobs/parse", &body).unwrap();
    assert_eq!(status, 400, "{answer}");
    assert!(answer.contains("Task group count can't be negative"), "{answer}");
    assert!(answer.contains("input.hcl:3:13: Task group g"), "no place: {answer}");
}

#[test]
fn a_job_that_uses_everything_is_valid_and_survives_its_json_form() {
    let root = tempdir().unwrap();
    let agent = nomad(&root, &[]);
    let survives = |name: &str| {
        let file = fixture(name).display().to_string();
        let said = agent.cli(&["job", "validate", &file]).ok();
        assert!(said.contains("Job validation successful"), "{said}");
        let json = agent.cli(&["job", "run", "-output", &file]).ok();
        let json_file = agent.file(&format!("{name}.json"), &json);
        assert_eq!(agent.cli(&["job", "validate", "-json", &json_file]).ok(), said, "{name}");
        assert_eq!(agent.cli(&["job", "run", "-output", "-json", &json_file]).ok(), json, "{name}");
        (file, said)
    };

    let (file, said) = survives("kitchen-sink.nomad.hcl");
    assert!(said.contains("Job Warnings:") && said.contains("registering the job is refused"), "{said}");
    let text = refused(&agent, &["job", "run", &file]);
    assert!(text.contains("is not supported by this version of muster"), "{text}");
    assert_eq!(agent.get("/v1/jobs"), serde_json::json!([]), "a refused job was registered");

    // Of what only work that ends may have, all has effect.
    let (file, said) = survives("kitchen-sink-batch.nomad.hcl");
    assert!(!said.contains("registering the job is refused"), "{said}");
    agent.cli(&["job", "run", &file]).ok();
    assert_eq!(agent.get("/v1/job/kitchen-sink-batch")["Dispatched"], serde_json::json!(false));
}
