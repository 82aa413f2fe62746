//! kill -9 of agents: tasks, their output and every acknowledged write survive.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{LIMIT, id, options, register, shell_job, wait_allocs, wait_nodes};
use muster_testkit::eventually;
use serde_json::json;
use tempfile::tempdir;

const TASKS: usize = 20;
/// Lines each task writes before it is released, and after.
const LINES: usize = 2000;

#[test]
fn tasks_outlive_a_killed_client_agent_with_their_pids_exit_codes_and_logs() {
    let root = tempdir().unwrap();
    let server = options(&root, "server").server().start();
    let mut client = options(&root, "client").client(server.options.rpc_port, "").start();
    wait_nodes(&server, 1);
    let gate = root.path().join("gate");
    let script = format!(
        "echo pid $$; i=0; while [ $i -lt {LINES} ]; do echo line $i; i=$((i+1)); done; \
         while [ ! -e {gate} ]; do sleep 0.05; done; \
         while [ $i -lt {last} ]; do echo line $i; i=$((i+1)); done; exit 7",
        gate = gate.display(),
        last = 2 * LINES
    );
    let mut job = shell_job("survivor", "batch", u32::try_from(TASKS).unwrap(), &script);
    job["TaskGroups"][0]["RestartPolicy"] =
        json!({"Attempts": 0, "Mode": "fail", "Interval": 60_000_000_000_u64, "Delay": 1_000_000_000});
    job["TaskGroups"][0]["ReschedulePolicy"] = json!({"Attempts": 0, "Unlimited": false});
    register(&server, &job);
    let allocs = wait_allocs(&server, "survivor", "running", TASKS);
    let pids = |at_least: usize| -> Vec<String> {
        allocs
            .iter()
            .map(|alloc| {
                eventually("the first lines", LIMIT, || {
                    let text = server.cli(&["alloc", "logs", id(alloc)]).stdout;
                    let lines = text.lines().count();
                    (lines > at_least)
                        .then(|| text.lines().next().unwrap().to_owned())
                        .ok_or(format!("{lines} lines"))
                })
            })
            .collect()
    };
    let before = pids(LINES);

    client.kill();
    for pid in &before {
        let pid = pid.strip_prefix("pid ").unwrap();
        assert!(std::path::Path::new("/proc").join(pid).exists(), "task {pid} died with its agent");
    }
    client.restart();
    wait_nodes(&server, 1);
    assert_eq!(pids(LINES), before, "the same processes after the restart");

    std::fs::write(&gate, "").unwrap();
    let ended = wait_allocs(&server, "survivor", "failed", TASKS);
    let mut expected = String::new();
    (0..2 * LINES).for_each(|n| expected.push_str(&format!("line {n}\n")));
    for alloc in &ended {
        let events = &alloc["TaskStates"]["main"]["Events"];
        assert!(events.to_string().contains("\"ExitCode\":7"), "{events:#}");
        let logs = server.cli(&["alloc", "logs", id(alloc)]).ok();
        let (first, rest) = logs.split_once('\n').unwrap();
        assert!(before.iter().any(|pid| pid == first));
        assert!(rest == expected, "log of {} bytes instead of {}", rest.len(), expected.len());
    }
}

/// Rounds of killing the server; the acceptance runs 20 with 1,000 registrations each.
fn rounds() -> (u32, u32) {
    let number =
        |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    (number("MUSTER_KILL_ROUNDS", 5), number("MUSTER_KILL_WRITES", 400))
}

#[test]
fn every_acknowledged_registration_survives_a_killed_server() {
    let root = tempdir().unwrap();
    let (rounds, writes) = rounds();
    let mut server = options(&root, "server").server().start();
    let acknowledged = Mutex::new(BTreeSet::new());
    for round in 0..rounds {
        let next = AtomicU32::new(0);
        let kill_at = writes / 4 + round * writes / (2 * rounds);
        let pid = server.pid();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                let (next, acknowledged, server) = (&next, &acknowledged, &server);
                scope.spawn(move || {
                    loop {
                        let number = next.fetch_add(1, Ordering::SeqCst);
                        if number >= writes {
                            return;
                        }
                        if number == kill_at {
                            let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
                            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
                        }
                        let name = format!("job-{round}-{number}");
                        let job = shell_job(&name, "batch", 1, "true");
                        match server.put("/v1/jobs", &json!({"Job": job})) {
                            Ok((200, _)) => drop(acknowledged.lock().unwrap().insert(name)),
                            Ok((status, text)) => panic!("{status} {text}"),
                            Err(_killed) => return,
                        }
                    }
                });
            }
        });
        server.kill();
        server.restart();
        let jobs = server.get("/v1/jobs");
        let stored: BTreeSet<&str> = jobs.as_array().unwrap().iter().map(id).collect();
        let acknowledged = acknowledged.lock().unwrap();
        let lost: Vec<&String> = acknowledged.iter().filter(|name| !stored.contains(name.as_str())).collect();
        assert!(lost.is_empty(), "round {round}: lost {lost:?} of {}", acknowledged.len());
        // Each job came with its evaluation, in one entry.
        let evals = server.get("/v1/evaluations");
        let evaluated: BTreeSet<&str> =
            evals.as_array().unwrap().iter().filter_map(|eval| eval["JobID"].as_str()).collect();
        assert!(stored.iter().all(|job| evaluated.contains(job)), "a job without its evaluation");
    }
    assert!(acknowledged.lock().unwrap().len() as u32 >= rounds * writes / 8, "hardly anything was written");
}
