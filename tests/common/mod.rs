//! What the acceptance tests share.
#![allow(dead_code, reason = "each test file uses its part")]

use std::time::Duration;

use muster_testkit::{Agent, AgentOptions, eventually};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const LIMIT: Duration = Duration::from_secs(60);

pub fn options(root: &TempDir, name: &str) -> AgentOptions {
    AgentOptions::new(env!("CARGO_BIN_EXE_muster"), root.path(), name)
}

/// The same, called by the name that users of Nomad call it.
pub fn as_nomad(root: &TempDir, name: &str) -> AgentOptions {
    AgentOptions::new(&nomad(root).to_string_lossy(), root.path(), name)
}

pub fn dev_agent(root: &TempDir) -> Agent {
    let mut options = options(root, "dev");
    options.args = vec!["-dev".to_owned()];
    let agent = options.start();
    wait_nodes(&agent, 1);
    agent
}

/// Waits until as many nodes are ready.
pub fn wait_nodes(agent: &Agent, count: usize) {
    eventually("nodes being ready", LIMIT, || {
        let nodes = agent.try_get("/v1/nodes")?;
        let ready = nodes.as_array().into_iter().flatten().filter(|node| node["Status"] == "ready").count();
        (ready == count).then_some(()).ok_or_else(|| format!("{ready} of {count} ready"))
    });
}

/// Waits until as many allocations of a job have this client status; gives them.
pub fn wait_allocs(agent: &Agent, job: &str, status: &str, count: usize) -> Vec<Value> {
    eventually(&format!("{count} allocations of {job} being {status}"), LIMIT, || {
        let allocs = agent.try_get(&format!("/v1/job/{job}/allocations"))?;
        let allocs = allocs.as_array().cloned().unwrap_or_default();
        let found: Vec<Value> =
            allocs.iter().filter(|alloc| alloc["ClientStatus"] == status).cloned().collect();
        if found.len() == count { Ok(found) } else { Err(format!("{allocs:#?}")) }
    })
}

/// Waits until no evaluation is open.
pub fn wait_evals(agent: &Agent) {
    eventually("evaluations being over", LIMIT, || {
        let evals = agent.try_get("/v1/evaluations")?;
        let open = evals.as_array().into_iter().flatten().any(|eval| eval["Status"] == "pending");
        if open { Err(evals.to_string()) } else { Ok(()) }
    });
}

/// A job in the API's form: one group of `count`, one `raw_exec` task that runs a shell script.
pub fn shell_job(id: &str, kind: &str, count: u32, script: &str) -> Value {
    let task = json!({
        "Name": "main", "Driver": "raw_exec",
        "Config": {"command": "/bin/sh", "args": ["-c", script]},
        "Resources": {"CPU": 10, "MemoryMB": 10},
        "LogConfig": {"MaxFiles": 2, "MaxFileSizeMB": 2},
    });
    json!({
        "ID": id, "Name": id, "Type": kind, "Datacenters": ["*"],
        "TaskGroups": [{"Name": "main", "Count": count, "EphemeralDisk": {"SizeMB": 10}, "Tasks": [task]}],
    })
}

pub fn register(agent: &Agent, job: &Value) -> Value {
    let (status, text) = agent.put("/v1/jobs", &json!({"Job": job})).unwrap();
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

pub fn id(value: &Value) -> &str {
    value["ID"].as_str().unwrap()
}

/// Waits until an allocation has a file.
pub fn wait_file(agent: &Agent, alloc: &str, path: &str) {
    eventually(&format!("`{path}` being there"), LIMIT, || {
        agent.try_get(&format!("/v1/client/fs/stat/{alloc}?path={path}"))
    });
}

/// The binary under the name that other people's scripts call.
pub fn nomad(root: &TempDir) -> std::path::PathBuf {
    let path = root.path().join("nomad");
    if !path.exists() {
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_muster"), &path).unwrap();
    }
    path
}

/// GET as text, with its status.
pub fn get_text(agent: &Agent, path: &str) -> (u16, String) {
    let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut response = client.get(format!("{}{path}", agent.address())).call().unwrap();
    (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
}

/// GET of an answer that is read bit by bit.
pub fn open(agent: &Agent, path: &str) -> (u16, impl std::io::Read + use<>) {
    // A client of its own, so that dropping the reader closes the connection.
    let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let response = client.get(format!("{}{path}", agent.address())).call().unwrap();
    (response.status().as_u16(), response.into_body().into_reader())
}
