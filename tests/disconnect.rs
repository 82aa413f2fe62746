//! Nodes lose contact with the servers and have it again: what becomes of their allocations on both sides.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::Duration;

use common::{LIMIT, id, options, register, shell_job, wait_allocs, wait_nodes};
use muster_testkit::{Agent, eventually};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

struct Cluster {
    server: Agent,
    clients: Vec<Agent>,
    root: TempDir,
}

/// A server that misses a node after a second or two, and its clients.
fn cluster(clients: usize) -> Cluster {
    let root = tempdir().unwrap();
    let mut server = options(&root, "server").server();
    server.config = server.config.replace(
        "bootstrap_expect = 1\n",
        "bootstrap_expect = 1\n  heartbeat_grace = \"1s\"\n  min_heartbeat_ttl = \"1s\"\n",
    );
    let server = server.start();
    let mut cluster = Cluster { server, clients: Vec::new(), root };
    (0..clients).for_each(|_| cluster.join());
    cluster
}

impl Cluster {
    fn join(&mut self) {
        let name = format!("c{}", self.clients.len());
        let client = options(&self.root, &name).client(self.server.options.rpc_port, "").start();
        self.clients.push(client);
        wait_nodes(&self.server, self.clients.len());
    }

    fn wait_node(&self, name: &str, status: &str) {
        eventually(&format!("node {name} being {status}"), LIMIT, || {
            let nodes = self.server.try_get("/v1/nodes")?;
            let found = nodes
                .as_array()
                .into_iter()
                .flatten()
                .any(|node| node["Name"] == name && node["Status"] == status);
            found.then_some(()).ok_or_else(|| nodes.to_string())
        });
    }

    fn alloc(&self, id: &str) -> Value {
        self.server.get(&format!("/v1/allocation/{id}"))
    }

    fn wait_alloc(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        eventually("the allocation being as wanted", LIMIT, || {
            let alloc = self.server.try_get(&format!("/v1/allocation/{id}"))?;
            if wanted(&alloc) { Ok(alloc) } else { Err(alloc.to_string()) }
        })
    }
}

/// The agent stands still, and with it everything that it says; its tasks do not.
fn freeze(agent: &Agent) {
    kill_process(Pid::from_raw(agent.pid().cast_signed()).unwrap(), Signal::STOP).unwrap();
}

fn thaw(agent: &Agent) {
    kill_process(Pid::from_raw(agent.pid().cast_signed()).unwrap(), Signal::CONT).unwrap();
}

/// A service that writes down each start of it.
fn service(job: &str, disconnect: &Value) -> Value {
    let mut job = shell_job(job, "service", 1, "echo start; exec sleep 100000");
    job["TaskGroups"][0]["Disconnect"] = disconnect.clone();
    job
}

fn starts(cluster: &Cluster, alloc: &str) -> usize {
    cluster.server.cli(&["alloc", "logs", alloc]).ok().lines().filter(|line| *line == "start").count()
}

fn status(alloc: &Value) -> &str {
    alloc["ClientStatus"].as_str().unwrap()
}

#[test]
fn an_allocation_is_unknown_while_its_node_is_away_and_stays_when_it_is_back() {
    let mut cluster = cluster(1);
    let answer = register(&cluster.server, &service("web", &json!({"LostAfter": 600_000_000_000_u64})));
    assert!(!answer["Warnings"].as_str().unwrap_or_default().contains("disconnect"), "{answer}");
    let original = id(&wait_allocs(&cluster.server, "web", "running", 1)[0]).to_owned();
    cluster.join();
    freeze(&cluster.clients[0]);
    cluster.wait_node("c0", "disconnected");
    let unknown = cluster.wait_alloc(&original, |alloc| status(alloc) == "unknown");
    assert_eq!(
        (&unknown["DesiredStatus"], &unknown["DesiredDescription"]),
        (&json!("run"), &json!("alloc is unknown since its node is disconnected"))
    );
    assert_eq!(
        (&unknown["AllocStates"][0]["Field"], &unknown["AllocStates"][0]["Value"]),
        (&json!("ClientStatus"), &json!("unknown"))
    );
    let heir = wait_allocs(&cluster.server, "web", "running", 1).remove(0);
    assert_eq!(
        (&heir["NodeName"], &unknown["ID"]),
        (&json!("c1"), &cluster.alloc(id(&heir))["PreviousAllocation"])
    );
    let evals = cluster.server.get("/v1/job/web/evaluations");
    let follow_up =
        evals.as_array().unwrap().iter().find(|eval| eval["TriggeredBy"] == "max-disconnect-timeout");
    assert_eq!(
        follow_up.unwrap()["StatusDescription"],
        "created for delayed disconnect timeout",
        "{evals:#}"
    );
    let away = cluster.alloc(&original);
    assert_eq!(away["FollowupEvalID"], follow_up.unwrap()["ID"], "what gives it up is named");
    let filter = "FollowupEvalID is not empty".replace(' ', "%20");
    let waiting = cluster.server.get(&format!("/v1/allocations?filter={filter}"));
    assert_eq!(waiting.as_array().unwrap().len(), 1, "{waiting:#}");
    let shown = cluster.server.cli(&["job", "status", "web"]).ok();
    assert!(shown.contains("unknown"), "{shown}");

    thaw(&cluster.clients[0]);
    cluster.wait_node("c0", "ready");
    // Both score alike: the original stays.
    let stopped = cluster.wait_alloc(id(&heir), |alloc| status(alloc) == "complete");
    assert_eq!(stopped["DesiredDescription"], "alloc not needed due to disconnected client reconnect");
    let back = cluster.wait_alloc(&original, |alloc| status(alloc) == "running");
    assert_eq!((&back["DesiredStatus"], &back["DesiredDescription"]), (&json!("run"), &Value::Null));
    let states: Vec<&str> = back["AllocStates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|state| state["Value"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["unknown", "running"]);
    let events = back["TaskStates"]["main"]["Events"].as_array().unwrap();
    let told =
        events.iter().find(|event| event["Type"] == "Reconnected").unwrap_or_else(|| panic!("{events:#?}"));
    assert_eq!(told["DisplayMessage"], "Client reconnected");
    let evals = cluster.server.get("/v1/job/web/evaluations");
    assert!(evals.as_array().unwrap().iter().any(|eval| eval["TriggeredBy"] == "reconnect"), "{evals:#}");
    assert_eq!(starts(&cluster, &original), 1, "it ran all the time");
    assert_eq!(wait_allocs(&cluster.server, "web", "running", 1).len(), 1);
}

#[test]
fn when_its_time_is_over_it_is_lost_and_its_node_runs_nothing_of_it_any_more() {
    let mut cluster = cluster(1);
    let terms = json!({"LostAfter": 2_000_000_000_u64, "Replace": false});
    register(&cluster.server, &service("web", &terms));
    register(&cluster.server, &service("plain", &Value::Null));
    let original = id(&wait_allocs(&cluster.server, "web", "running", 1)[0]).to_owned();
    let plain = id(&wait_allocs(&cluster.server, "plain", "running", 1)[0]).to_owned();
    cluster.join();
    freeze(&cluster.clients[0]);
    // What nobody waits for is lost at once, the other when its time is over; then the node is down.
    cluster.wait_alloc(&plain, |alloc| status(alloc) == "lost");
    let lost = cluster.wait_alloc(&original, |alloc| status(alloc) == "lost");
    assert_eq!(lost["DesiredDescription"], "alloc is lost since its node is down");
    assert_eq!(lost["AllocStates"][0]["Value"], "unknown");
    cluster.wait_node("c0", "down");
    for job in ["web", "plain"] {
        assert_eq!(wait_allocs(&cluster.server, job, "running", 1)[0]["NodeName"], "c1");
    }
    thaw(&cluster.clients[0]);
    cluster.wait_node("c0", "ready");
    for alloc in [&original, &plain] {
        let ended = cluster.wait_alloc(alloc, |alloc| status(alloc) == "complete");
        assert_eq!(ended["DesiredStatus"], "stop");
    }
    for job in ["web", "plain"] {
        assert_eq!(wait_allocs(&cluster.server, job, "running", 1)[0]["NodeName"], "c1");
    }
}

/// The servers are gone; the agent is killed and started anew; the count goes on.
#[test]
fn a_node_stops_by_itself_what_may_not_run_without_contact() {
    let mut cluster = cluster(1);
    register(&cluster.server, &service("stops", &json!({"StopOnClientAfter": 4_000_000_000_u64})));
    register(&cluster.server, &service("goes-on", &Value::Null));
    let stops = id(&wait_allocs(&cluster.server, "stops", "running", 1)[0]).to_owned();
    let goes_on = id(&wait_allocs(&cluster.server, "goes-on", "running", 1)[0]).to_owned();
    let pids: Vec<u32> = [&stops, &goes_on].map(|alloc| pid(&cluster, alloc)).into();
    assert!(pids.iter().all(|pid| alive(*pid)));
    cluster.server.kill();
    cluster.clients[0].kill();
    // An agent without a server is not healthy, and is not waited for.
    let again = cluster.clients[0].options.clone().spawn();
    let _dead = std::mem::replace(&mut cluster.clients[0], again);
    eventually("the task being stopped", LIMIT, || {
        if alive(pids[0]) { Err("it runs".to_owned()) } else { Ok(()) }
    });
    assert!(alive(pids[1]));
    cluster.server.restart();
    cluster.wait_node("c0", "ready");
    // It has not done its work: it is wanted again, after its reschedule delay.
    let ended = cluster.wait_alloc(&stops, |alloc| matches!(status(alloc), "failed" | "complete"));
    assert_eq!(ended["ClientStatus"], "failed");
    let events = ended["TaskStates"]["main"]["Events"].as_array().unwrap();
    assert!(
        events.iter().any(|event| event["DisplayMessage"] == "no contact with the servers for 4s"),
        "{events:#?}"
    );
    assert_eq!(status(&cluster.alloc(&goes_on)), "running");
    assert!(alive(pids[1]) && starts(&cluster, &goes_on) == 1);
}

/// The process of an allocation's only task.
fn pid(cluster: &Cluster, alloc: &str) -> u32 {
    eventually("the task being measured", LIMIT, || {
        let stats = cluster.server.try_get(&format!("/v1/client/allocation/{alloc}/stats"))?;
        let pids = stats["Tasks"]["main"]["Pids"].as_object().cloned().unwrap_or_default();
        pids.keys().next().and_then(|pid| pid.parse().ok()).ok_or_else(|| stats.to_string())
    })
}

fn alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

/// Nodes are missed in good time, and come back on their own.
#[test]
fn a_silent_node_is_down_its_work_is_replaced_and_it_comes_back() {
    let mut cluster = cluster(1);
    register(&cluster.server, &service("web", &Value::Null));
    let original = id(&wait_allocs(&cluster.server, "web", "running", 1)[0]).to_owned();
    cluster.join();
    let begin = std::time::Instant::now();
    cluster.clients[0].kill();
    cluster.wait_node("c0", "down");
    let heir = wait_allocs(&cluster.server, "web", "running", 1).remove(0);
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
    assert_eq!(heir["NodeName"], "c1");
    assert_eq!(cluster.alloc(&original)["DesiredDescription"], "alloc is lost since its node is down");
    cluster.clients[0].restart();
    cluster.wait_node("c0", "ready");
    cluster.wait_alloc(&original, |alloc| status(alloc) == "complete");
    let node = cluster.server.get("/v1/nodes");
    let node = node.as_array().unwrap().iter().find(|node| node["Name"] == "c0").unwrap();
    let events = cluster.server.get(&format!("/v1/node/{}", id(node)))["Events"].clone();
    assert!(
        events.as_array().unwrap().iter().any(|event| event["Message"] == "Node heartbeat missed"),
        "{events:#}"
    );
}
