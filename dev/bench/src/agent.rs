//! Start-up, task start and memory of real agents.

use std::path::Path;
use std::time::{Duration, Instant};

use muster_testkit::{Agent, AgentOptions, eventually};
use serde_json::{Value, json};

use crate::{figures, limits};

const ROUNDS: usize = 5;
const TASKS: u32 = 20;

pub fn run() {
    start_up();
    tasks();
}

/// The release binary beside this one.
pub fn binary() -> String {
    let here = std::env::current_exe().unwrap();
    let binary = here.with_file_name("muster");
    assert!(binary.exists(), "build it first: cargo build --release");
    binary.to_string_lossy().into_owned()
}

fn start_up() {
    let spawn = limits::process_spawn();
    let (mut api, mut running) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let root = tempfile::tempdir().unwrap();
        let mut options = AgentOptions::new(&binary(), root.path(), &format!("dev-{round}"));
        options.args = vec!["-dev".to_owned()];
        let started = Instant::now();
        let agent = options.spawn();
        poll(|| agent.try_get("/v1/status/leader").ok());
        api.push(started.elapsed());
        submit(&agent, "first", 1);
        poll(|| all_running(&agent, "first", 1).then_some(()));
        running.push(started.elapsed());
    }
    let goal = |ms| Some(Duration::from_millis(ms));
    figures::time(
        "dev start to API, median of 5",
        figures::median(&mut api),
        goal(150),
        Some(("process spawn", spawn)),
    );
    let first = figures::median(&mut running);
    figures::time(
        "dev start to first job running, median of 5",
        first,
        goal(250),
        Some(("process spawn", spawn)),
    );
}

fn tasks() {
    let root = tempfile::tempdir().unwrap();
    let server = AgentOptions::new(&binary(), root.path(), "server").server().start();
    let client =
        AgentOptions::new(&binary(), root.path(), "client").client(server.options.rpc_port, "").start();
    eventually("the node being ready", Duration::from_secs(20), || {
        let nodes = server.get("/v1/nodes");
        (nodes[0]["Status"] == "ready").then_some(()).ok_or_else(|| nodes.to_string())
    });
    let idle = resident(client.pid());
    submit(&server, "many", TASKS);
    eventually("all tasks running", Duration::from_secs(60), || {
        all_running(&server, "many", TASKS).then_some(()).ok_or_else(|| "not yet".to_owned())
    });
    let spawn = limits::process_spawn();
    let mut starts = start_times(&server);
    figures::time(
        "raw_exec received to started, p50 of 20",
        figures::median(&mut starts),
        Some(Duration::from_millis(15)),
        Some(("process spawn", spawn)),
    );
    println!(
        "client RSS: idle {:.1} MB, with {TASKS} tasks {:.1} MB (goal 15 MB)",
        mb(idle),
        mb(resident(client.pid()))
    );
    let (count, pss) = supervisors(client.pid());
    println!(
        "supervision PSS per task: {:.2} MB over {count} processes for {TASKS} tasks (goal 1 MB)",
        mb(pss) / f64::from(TASKS)
    );
    let _stopped = server.cli(&["job", "stop", "-purge", "-yes", "many"]);
}

fn poll<T>(mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(value) = probe() {
            return value;
        }
        assert!(Instant::now() < deadline, "nothing within 30 s");
        std::thread::sleep(Duration::from_millis(1));
    }
}

pub fn submit(agent: &Agent, id: &str, count: u32) {
    let (status, text) = agent.put("/v1/jobs", &json!({"Job": sleeper(id, count)})).unwrap();
    assert_eq!(status, 200, "{text}");
}

/// A job whose tasks do nothing for long.
pub fn sleeper(id: &str, count: u32) -> Value {
    let task = json!({"Name": "sleep", "Driver": "raw_exec", "Config": {"command": "/bin/sleep", "args": ["10000"]},
        "Resources": {"CPU": 10, "MemoryMB": 10}, "LogConfig": {"MaxFiles": 1, "MaxFileSizeMB": 1}});
    json!({"ID": id, "Name": id, "Type": "service", "Datacenters": ["*"],
        "TaskGroups": [{"Name": "main", "Count": count, "EphemeralDisk": {"SizeMB": 10}, "Tasks": [task]}]})
}

fn all_running(agent: &Agent, id: &str, count: u32) -> bool {
    agent
        .try_get(&format!("/v1/job/{id}/summary"))
        .is_ok_and(|summary| summary["Summary"]["main"]["Running"] == count)
}

/// From `Received` to `Started`, by the tasks' own events.
fn start_times(agent: &Agent) -> Vec<Duration> {
    let allocs = agent.get("/v1/job/many/allocations");
    let time = |events: &Value, kind: &str| {
        events.as_array()?.iter().find(|event| event["Type"] == kind)?["Time"].as_u64()
    };
    let allocs = allocs.as_array().expect("a list");
    allocs
        .iter()
        .filter_map(|alloc| {
            let events = &alloc["TaskStates"]["sleep"]["Events"];
            Some(Duration::from_nanos(time(events, "Started")?.saturating_sub(time(events, "Received")?)))
        })
        .collect()
}

fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

fn resident(pid: u32) -> u64 {
    rollup(&format!("/proc/{pid}"), "Rss:").unwrap_or_default()
}

/// Number and summed PSS of the processes that run this agent's tasks, the tasks themselves left out.
fn supervisors(client: u32) -> (usize, u64) {
    let own = std::fs::read_link(format!("/proc/{client}/exe")).unwrap();
    let mut sizes = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let path = entry.path();
        let is_pid =
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.parse::<u32>().is_ok());
        if is_pid && std::fs::read_link(path.join("exe")).is_ok_and(|exe| exe == own) && is_supervisor(&path)
        {
            sizes.extend(rollup(&path.to_string_lossy(), "Pss:"));
        }
    }
    (sizes.len(), sizes.iter().sum())
}

fn is_supervisor(process: &Path) -> bool {
    std::fs::read(process.join("cmdline")).is_ok_and(|line| {
        let line = String::from_utf8_lossy(&line);
        !line.split('\0').any(|argument| argument == "agent")
    })
}

fn rollup(process: &str, key: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("{process}/smaps_rollup")).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kb| kb * 1024)
}
