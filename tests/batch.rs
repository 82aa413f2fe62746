//! A large batch job over two agents that are killed while it runs: every instance runs once, none twice.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::{options, register, shell_job, wait_nodes};
use muster_testkit::eventually;
use serde_json::json;
use tempfile::tempdir;

/// Instances; the acceptance has 10,000.
fn instances() -> u32 {
    std::env::var("MUSTER_BATCH").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

#[test]
fn each_instance_runs_exactly_once_across_two_agent_kills() {
    let count = instances();
    let limit = Duration::from_secs(120 + u64::from(count) / 4);
    let root = tempdir().unwrap();
    let server = options(&root, "server").server().start();
    let mut agents =
        ["left", "right"].map(|name| options(&root, name).client(server.options.rpc_port, "").start());
    wait_nodes(&server, 2);
    let done = root.path().join("done");
    let script = format!("echo $NOMAD_ALLOC_INDEX $NOMAD_ALLOC_ID >> {}", done.display());
    let mut job = shell_job("many", "batch", count, &script);
    // So that the nodes take a part of them at a time.
    job["TaskGroups"][0]["Tasks"][0]["Resources"] = json!({"CPU": 100, "MemoryMB": 20});
    register(&server, &job);
    let lines = || std::fs::read_to_string(&done).unwrap_or_default().lines().count();
    let progress = |part: usize| {
        eventually("progress", limit, || {
            let lines = lines();
            (lines >= part).then_some(()).ok_or_else(|| format!("{lines} of {part}"))
        });
    };
    for (agent, quarter) in agents.iter_mut().zip(1..) {
        progress(quarter * count as usize / 4);
        agent.kill();
        agent.restart();
    }
    progress(count as usize);
    eventually("the job being over", limit, || {
        let job = server.try_get("/v1/job/many")?;
        (job["Status"] == "dead").then_some(()).ok_or_else(|| job["Status"].to_string())
    });
    let text = std::fs::read_to_string(&done).unwrap();
    let mut runs: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
    for line in text.lines() {
        let (index, alloc) = line.split_once(' ').unwrap();
        runs.entry(index.parse().unwrap()).or_default().push(alloc);
    }
    let twice: Vec<_> = runs.iter().filter(|(_, allocs)| allocs.len() > 1).collect();
    assert!(twice.is_empty(), "ran more than once: {twice:?}");
    assert_eq!(runs.len(), count as usize);
    let summary = server.get("/v1/job/many/summary");
    assert_eq!(summary["Summary"]["main"]["Complete"], count, "{summary:#}");
}
