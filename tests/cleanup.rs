//! Groups with a `cleanup` block: after the end, nothing of their tasks is left on the client's disk.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use common::{LIMIT, id, options, register, shell_job, wait_allocs, wait_nodes};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::{TempDir, tempdir};

/// In the job's environment, meta, arguments and the task's output and files; nowhere else on this machine.
const MARKER: &str = "forensic-marker-8c1f27";

/// A server and a client agent, the latter with directories of its own; both run as `nomad`.
struct Cluster {
    server: Agent,
    client: Agent,
    root: TempDir,
}

impl Cluster {
    fn start() -> Self {
        let root = tempdir().unwrap();
        let nomad = root.path().join("nomad");
        symlink(env!("CARGO_BIN_EXE_muster"), &nomad).unwrap();
        let mut server = options(&root, "server").server();
        server.binary.clone_from(&nomad);
        let server = server.start();
        let mut client = options(&root, "client").client(server.options.rpc_port, "");
        client.binary = nomad;
        let client = client.start();
        wait_nodes(&server, 1);
        Self { server, client, root }
    }

    /// What lies in the client's data directory and beside it: path to digest, the agent's own output aside.
    fn disk(&self) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        walk(&self.client.options.dir, &mut found);
        found.retain(|path, _| !path.ends_with("output.log"));
        found
    }

    /// Files of the client agent, and those below `/tmp` that are not the server's or another test's, that hold the
    /// marker.
    fn marked(&self) -> Vec<PathBuf> {
        self.disk().into_keys().filter(|path| holds_marker(path)).collect()
    }
}

fn walk(dir: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.insert(path.clone(), "directory".to_owned());
            walk(&path, found);
        } else if kind.is_file() {
            let digest = fs::read(&path).map(|bytes| format!("{:x?}", Sha256::digest(bytes)));
            found.insert(path, digest.unwrap_or_default());
        } else {
            found.insert(path, "other".to_owned());
        }
    }
}

fn holds_marker(path: &Path) -> bool {
    let bytes = fs::read(path).unwrap_or_default();
    bytes.windows(MARKER.len()).any(|window| window == MARKER.as_bytes())
        || path.to_string_lossy().contains(MARKER)
}

/// A batch job that leaves the marker wherever it can.
fn marked_job(job_id: &str, cleanup: &Value) -> Value {
    let script = format!(
        "echo out {MARKER} $0; echo err {MARKER} >&2; for d in local secrets tmp ../alloc/data ../alloc/tmp; do \
         mkdir -p $d/{MARKER}; echo $SECRET > $d/{MARKER}/file; done; ln -s /etc/passwd local/{MARKER}-link"
    );
    let mut job = shell_job(job_id, "batch", 1, &script);
    job["Meta"] = json!({ "note": MARKER });
    let group = &mut job["TaskGroups"][0];
    group["Cleanup"] = cleanup.clone();
    let task = &mut group["Tasks"][0];
    task["Env"] = json!({ "SECRET": MARKER });
    task["Config"]["args"].as_array_mut().unwrap().push(json!(MARKER));
    job
}

fn alloc_dir(cluster: &Cluster, alloc: &str) -> PathBuf {
    cluster.client.options.dir.join("data/alloc").join(alloc)
}

fn wait_gone(cluster: &Cluster, alloc: &str) {
    eventually("the files being gone", LIMIT, || {
        let marked = cluster.marked();
        let dir = alloc_dir(cluster, alloc);
        (marked.is_empty() && !dir.exists())
            .then_some(())
            .ok_or_else(|| format!("{marked:?}, {}", dir.display()))
    });
}

#[test]
fn immediate_cleanup_leaves_the_disk_as_it_was() {
    let cluster = Cluster::start();
    let before = cluster.disk();
    register(&cluster.server, &marked_job("traceless", &json!({"Mode": "immediate"})));
    let alloc = wait_allocs(&cluster.server, "traceless", "complete", 1).remove(0);
    wait_gone(&cluster, id(&alloc));

    let after = cluster.disk();
    let changed: Vec<_> = after
        .iter()
        .filter(|(path, digest)| before.get(*path) != Some(*digest))
        .map(|(path, _)| path.strip_prefix(&cluster.client.options.dir).unwrap().to_owned())
        .collect();
    let state = Path::new("data/client/client.redb");
    assert!(changed.iter().all(|path| path == state), "left or changed: {changed:?}");
    assert!(before.keys().all(|path| after.contains_key(path)), "something else was removed");
    let temporary: Vec<PathBuf> = fs::read_dir("/tmp")
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file() && holds_marker(path))
        .collect();
    assert!(temporary.is_empty(), "{temporary:?}");
    assert!(!cluster.client.output().contains(MARKER), "the agent's own log tells of it");

    // The servers keep what they were told: specification and status.
    assert_eq!(cluster.server.get("/v1/job/traceless")["Meta"]["note"], MARKER);
    let kept = cluster.server.get(&format!("/v1/allocation/{}", id(&alloc)));
    assert_eq!(kept["ClientStatus"], "complete");
    let logs = cluster.server.cli(&["alloc", "logs", id(&alloc)]);
    assert_ne!(logs.code, 0, "there is nothing to read any more: {logs:?}");
}

#[test]
fn erased_work_stays_erased_and_never_runs_again_when_the_agent_restarts() {
    let mut cluster = Cluster::start();
    register(&cluster.server, &marked_job("once", &json!({"Mode": "immediate"})));
    let alloc = wait_allocs(&cluster.server, "once", "complete", 1).remove(0);
    wait_gone(&cluster, id(&alloc));
    let ended = cluster.server.get(&format!("/v1/allocation/{}", id(&alloc)))["ModifyIndex"].clone();

    cluster.client.kill();
    cluster.client.restart();
    wait_nodes(&cluster.server, 1);
    // Another job through the same agent: by then it has taken in the complete list of its allocations.
    register(&cluster.server, &shell_job("next", "batch", 1, "true"));
    wait_allocs(&cluster.server, "next", "complete", 1);
    assert!(cluster.marked().is_empty() && !alloc_dir(&cluster, id(&alloc)).exists());
    let after = cluster.server.get(&format!("/v1/allocation/{}", id(&alloc)));
    assert_eq!((&after["ModifyIndex"], &after["ClientStatus"]), (&ended, &json!("complete")));
    assert!(cluster.root.path().exists());
}

#[test]
fn after_read_waits_for_both_logs_to_be_read_to_their_end() {
    let cluster = Cluster::start();
    register(&cluster.server, &marked_job("read-me", &json!({"Mode": "after_read"})));
    let alloc = wait_allocs(&cluster.server, "read-me", "complete", 1).remove(0);
    // A second job passes through completely: the first would be gone by now if nobody had to read it.
    register(&cluster.server, &marked_job("passes", &json!({"Mode": "immediate"})));
    let other = wait_allocs(&cluster.server, "passes", "complete", 1).remove(0);
    eventually("the second being gone", LIMIT, || {
        (!alloc_dir(&cluster, id(&other)).exists()).then_some(()).ok_or_else(|| "still there".to_owned())
    });
    assert!(alloc_dir(&cluster, id(&alloc)).exists());

    let out = cluster.server.cli(&["alloc", "logs", id(&alloc)]).ok();
    assert_eq!(out, format!("out {MARKER} {MARKER}\n"));
    let tail = cluster.server.cli(&["alloc", "logs", "-stderr", "-tail", "-c", "3", id(&alloc)]).ok();
    assert!(tail.ends_with('\n') && alloc_dir(&cluster, id(&alloc)).exists(), "a part is not the whole");
    let err = cluster.server.cli(&["alloc", "logs", "-stderr", id(&alloc)]).ok();
    assert_eq!(err, format!("err {MARKER}\n"));
    wait_gone(&cluster, id(&alloc));
}

#[test]
fn retention_ends_what_nobody_read() {
    let cluster = Cluster::start();
    let file = cluster.server.file(
        "kept.nomad.hcl",
        &format!(
            r#"job "kept" {{
              type = "batch"
              group "g" {{
                cleanup {{
                  mode      = "retention"
                  retention = "2s"
                }}
                task "t" {{
                  driver = "raw_exec"
                  config {{
                    command = "/bin/sh"
                    args    = ["-c", "echo {MARKER}"]
                  }}
                }}
              }}
            }}"#
        ),
    );
    cluster.server.cli(&["job", "run", &file]).ok();
    let alloc = wait_allocs(&cluster.server, "kept", "complete", 1).remove(0);
    wait_gone(&cluster, id(&alloc));
    let inspected = cluster.server.get("/v1/job/kept");
    assert_eq!(
        inspected["TaskGroups"][0]["Cleanup"],
        json!({"Mode": "retention", "Retention": 2_000_000_000_u64})
    );
}

#[test]
fn garbage_collection_by_hand_erases_too() {
    let cluster = Cluster::start();
    register(&cluster.server, &marked_job("by-hand", &json!({"Mode": "retention", "Retention": "24h"})));
    let alloc = wait_allocs(&cluster.server, "by-hand", "complete", 1).remove(0);
    assert!(!cluster.marked().is_empty(), "the test would see the marker");
    eventually("being collectable", LIMIT, || {
        let (status, text) =
            cluster.client.put(&format!("/v1/client/allocation/{}/gc", id(&alloc)), &Value::Null)?;
        (status == 200).then_some(()).ok_or(text)
    });
    wait_gone(&cluster, id(&alloc));
}
