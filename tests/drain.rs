//! Nodes are emptied: services within their `migrate` policy, batch work when it is done or at the deadline, system jobs
//! last; what the command tells; agents that leave.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use common::{LIMIT, id, options, register, shell_job, wait_allocs, wait_nodes};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

const SLEEP: &str = "exec sleep 100000";

struct Cluster {
    server: Agent,
    clients: Vec<Agent>,
    _root: TempDir,
}

/// One server, and clients named `c0`, `c1`, …
fn cluster(clients: usize) -> Cluster {
    let root = tempdir().unwrap();
    let server = options(&root, "server").server().start();
    let port = server.options.rpc_port;
    let start = |number: usize| options(&root, &format!("c{number}")).client(port, "").start();
    let clients: Vec<Agent> = (0..clients).map(start).collect();
    wait_nodes(&server, clients.len());
    Cluster { server, clients, _root: root }
}

impl Cluster {
    /// The id of the node with this name.
    fn node(&self, name: &str) -> String {
        let nodes = self.server.get("/v1/nodes");
        let node = nodes.as_array().unwrap().iter().find(|node| node["Name"] == name);
        id(node.unwrap_or_else(|| panic!("no node {name} in {nodes:#}"))).to_owned()
    }

    fn read(&self, node: &str) -> Value {
        self.server.get(&format!("/v1/node/{node}"))
    }

    /// Ids of the allocations of a node that have not ended.
    fn left_on(&self, node: &str) -> BTreeSet<String> {
        let allocs = self.server.get(&format!("/v1/node/{node}/allocations"));
        let alive = allocs.as_array().unwrap().iter().filter(|alloc| {
            !matches!(alloc["ClientStatus"].as_str().unwrap(), "complete" | "failed" | "lost")
        });
        alive.map(|alloc| id(alloc).to_owned()).collect()
    }

    fn drain(&self, node: &str, body: &Value) -> (u16, String) {
        self.server.put(&format!("/v1/node/{node}/drain"), body).unwrap()
    }

    fn wait_drained(&self, node: &str) -> Value {
        eventually("the drain being over", LIMIT, || {
            let node = self.server.try_get(&format!("/v1/node/{node}"))?;
            if node["Drain"] == false && node["LastDrain"]["Status"] == "complete" {
                Ok(node)
            } else {
                Err(node.to_string())
            }
        })
    }
}

fn running(agent: &Agent, job: &str) -> Result<usize, String> {
    let allocs = agent.try_get(&format!("/v1/job/{job}/allocations"))?;
    Ok(allocs.as_array().into_iter().flatten().filter(|alloc| alloc["ClientStatus"] == "running").count())
}

/// A service whose allocations count as well after half a second.
fn service(id: &str, count: u32, max_parallel: u32) -> Value {
    let mut job = shell_job(id, "service", count, SLEEP);
    job["TaskGroups"][0]["Migrate"] = json!({
        "MaxParallel": max_parallel, "HealthCheck": "task_states",
        "MinHealthyTime": 500_000_000_u64, "HealthyDeadline": 60_000_000_000_u64,
    });
    job
}

/// Two of four nodes are drained at once; fifty allocations leave five at a time, whichever node they are on.
#[test]
fn fifty_allocations_leave_two_nodes_within_their_policy() {
    let cluster = cluster(4);
    let server = &cluster.server;
    let answer = register(server, &service("fifty", 50, 5));
    assert!(!answer["Warnings"].as_str().unwrap_or_default().contains("migrate"), "{answer}");
    wait_allocs(server, "fifty", "running", 50);
    let (first, second) = (cluster.node("c0"), cluster.node("c1"));
    let on_both = cluster.left_on(&first).len() + cluster.left_on(&second).len();
    assert!(on_both > 10, "{on_both} of 50 on two of four nodes");
    let (over, least) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(50)));
    let watcher = {
        let (over, least) = (Arc::clone(&over), Arc::clone(&least));
        let address = server.address();
        std::thread::spawn(move || {
            let mut index = 1;
            while !over.load(Ordering::Relaxed) {
                let url = format!("{address}/v1/job/fifty/allocations?index={index}&wait=500ms");
                let mut answer = ureq::get(&url).call().unwrap();
                index = answer.headers()["x-nomad-index"].to_str().unwrap().parse::<u64>().unwrap();
                let text = answer.body_mut().with_config().limit(1 << 28).read_to_string().unwrap();
                let allocs: Value = serde_json::from_str(&text).unwrap();
                let up = allocs.as_array().unwrap().iter().filter(|alloc| alloc["ClientStatus"] == "running");
                least.fetch_min(up.count(), Ordering::Relaxed);
            }
        })
    };
    let both: Vec<String> = [&first, &second]
        .map(|node| {
            server.cli(&["node", "drain", "-enable", "-yes", "-detach", "-m", "new disks", node]).ok()
        })
        .into();
    assert_eq!(both[0], format!("Node \"{first}\" drain strategy set\n"));
    let told = server.cli(&["node", "drain", "-monitor", &first]).ok();
    cluster.wait_drained(&second);
    over.store(true, Ordering::Relaxed);
    watcher.join().unwrap();
    let least = least.load(Ordering::Relaxed);
    assert!((45..50).contains(&least), "at some time only {least} of 50 ran");
    assert!(cluster.left_on(&first).is_empty() && cluster.left_on(&second).is_empty());
    assert_eq!(running(server, "fifty"), Ok(50));

    for part in [
        "marked for migration",
        " draining",
        "status running -> complete",
        &format!("Drain complete for node \"{first}\""),
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(told.ends_with(&format!("All allocations on node \"{first}\" have stopped\n")), "{told}");
    let node = cluster.read(&first);
    assert_eq!(node["SchedulingEligibility"], "ineligible");
    assert_eq!(node["LastDrain"]["Meta"]["message"], "new disks");
    let events: Vec<&str> =
        node["Events"].as_array().unwrap().iter().map(|event| event["Message"].as_str().unwrap()).collect();
    assert_eq!(events, ["Node registered", "Node drain strategy set", "Node drain complete"]);
    let evals = server.get("/v1/job/fifty/evaluations");
    assert!(evals.as_array().unwrap().iter().any(|eval| eval["TriggeredBy"] == "node-drain"), "{evals:#}");
    let all = server.get("/v1/job/fifty/allocations");
    let moved: Vec<&Value> =
        all.as_array().unwrap().iter().filter(|alloc| alloc["ClientStatus"] == "complete").collect();
    // Some moved twice, where the second node did not drain yet when the first one did.
    assert!(moved.len() >= on_both, "{} of {on_both}", moved.len());
    assert!(moved.iter().all(|alloc| alloc["DesiredDescription"] == "alloc is being migrated"));
    server.cli(&["node", "eligibility", "-enable", &first]).ok();
    assert_eq!(cluster.read(&first)["SchedulingEligibility"], "eligible");
}

#[test]
fn batch_work_runs_until_the_deadline_and_system_jobs_leave_last() {
    let cluster = cluster(2);
    let server = &cluster.server;
    let (node, other) = (cluster.node("c0"), cluster.node("c1"));
    server.cli(&["node", "eligibility", "-disable", &other]).ok();
    register(server, &shell_job("work", "batch", 1, SLEEP));
    register(server, &service("web", 1, 1));
    register(server, &shell_job("everywhere", "system", 1, SLEEP));
    let work = id(&wait_allocs(server, "work", "running", 1)[0]).to_owned();
    wait_allocs(server, "web", "running", 1);
    let everywhere = id(&wait_allocs(server, "everywhere", "running", 1)[0]).to_owned();
    server.cli(&["node", "eligibility", "-enable", &other]).ok();

    // What is set, what is refused while it is, what is shown.
    let (status, text) =
        cluster.drain(&node, &json!({"DrainSpec": {"Deadline": 0}, "Meta": {"ticket": "7"}}));
    assert_eq!(status, 200, "{text}");
    let shown = cluster.read(&node);
    assert_eq!((&shown["Drain"], &shown["DrainStrategy"]["Deadline"]), (&json!(true), &json!(0)));
    assert_eq!(shown["DrainStrategy"]["ForceDeadline"], "0001-01-01T00:00:00Z");
    assert_eq!(
        (&shown["LastDrain"]["Status"], &shown["LastDrain"]["Meta"]),
        (&json!("draining"), &json!({"ticket": "7"}))
    );
    let list = server.cli(&["node", "status"]).ok();
    let line = list.lines().find(|line| line.contains(" c0 ")).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[5..], ["true", "ineligible", "ready"], "{list}");
    let eligible = json!({"Eligibility": "eligible"});
    let (status, text) = server.put(&format!("/v1/node/{node}/eligibility"), &eligible).unwrap();
    let refusal = "can not set node's scheduling eligibility to eligible while it is draining";
    assert_eq!((status, text.as_str()), (500, refusal));

    // The service leaves; the batch allocation and with it the system job stay.
    eventually("the service having left", LIMIT, || match cluster.left_on(&node) {
        left if left == [work.clone(), everywhere.clone()].into() => Ok(()),
        left => Err(format!("{left:?}")),
    });
    let (status, text) = cluster.drain(&node, &json!({"DrainSpec": {"Deadline": 1_000_000_000}}));
    assert_eq!(status, 200, "{text}");
    assert_eq!(cluster.read(&node)["LastDrain"]["Meta"], json!({"ticket": "7"}));
    let node_now = cluster.wait_drained(&node);
    let last = node_now["Events"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["Message"], &last["Details"]["deadline_reached"]),
        (&json!("Node drain complete"), &json!("true"))
    );
    assert!(cluster.left_on(&node).is_empty());
    wait_allocs(server, "work", "running", 1);
    assert_eq!(running(server, "everywhere"), Ok(1), "the one of the other node");
}

#[test]
fn a_drain_ignores_system_jobs_is_canceled_and_is_forced() {
    let cluster = cluster(1);
    let server = &cluster.server;
    let node = cluster.node("c0");
    register(server, &shell_job("everywhere", "system", 1, SLEEP));
    register(server, &service("stuck", 2, 0));
    wait_allocs(server, "everywhere", "running", 1);
    wait_allocs(server, "stuck", "running", 2);
    // A policy that lets nothing go keeps everything until somebody decides.
    server.cli(&["node", "drain", "-enable", "-no-deadline", "-ignore-system", "-detach", &node]).ok();
    let off = server.cli(&["node", "drain", "-disable", "-keep-ineligible", &node]).ok();
    assert_eq!(off, format!("Node \"{node}\" drain strategy unset\n"));
    let shown = cluster.read(&node);
    assert_eq!((&shown["Drain"], &shown["DrainStrategy"]), (&json!(false), &json!(null)));
    assert_eq!(
        (&shown["SchedulingEligibility"], &shown["LastDrain"]["Status"]),
        (&json!("ineligible"), &json!("canceled"))
    );
    assert_eq!(shown["Events"].as_array().unwrap().last().unwrap()["Message"], "Node drain disabled");
    assert_eq!(cluster.left_on(&node).len(), 3);
    // Canceling what is not there makes the node eligible, as asked.
    server.cli(&["node", "drain", "-disable", &node]).ok();
    assert_eq!(cluster.read(&node)["SchedulingEligibility"], "eligible");

    let told = cluster.clients[0]
        .cli(&["node", "drain", "-enable", "-force", "-ignore-system", "-self", "-yes"])
        .ok();
    assert!(told.contains(&format!("Node \"{node}\" drain strategy set")), "{told}");
    assert!(told.ends_with(&format!("All allocations on node \"{node}\" have stopped\n")), "{told}");
    assert_eq!(cluster.left_on(&node).len(), 1, "the system job's");
    // Nowhere to go: they wait for a node.
    let evals = server.get("/v1/job/stuck/evaluations");
    assert!(evals.as_array().unwrap().iter().any(|eval| eval["Status"] == "blocked"), "{evals:#}");
    server.cli(&["node", "eligibility", "-enable", &node]).ok();
    wait_allocs(server, "stuck", "running", 2);
    // The way of older clients.
    for (enable, status) in [("True", "draining"), ("false", "canceled")] {
        let (code, text) =
            server.put(&format!("/v1/node/{node}/drain?enable={enable}"), &json!(null)).unwrap();
        assert_eq!(code, 200, "{text}");
        let last = cluster.read(&node)["LastDrain"]["Status"].clone();
        // What is forced may be over by now.
        assert!(last == status || last == "complete", "{last}");
    }
    let unknown = "/v1/node/00000000-0000-4000-8000-000000000000/drain";
    assert_eq!(server.put(unknown, &json!({})).unwrap(), (500, "node not found".to_owned()));
}

#[test]
fn an_agent_that_leaves_empties_its_node_first() {
    let root = tempdir().unwrap();
    let server = options(&root, "server").server().start();
    let port = server.options.rpc_port;
    let block = "  drain_on_shutdown {\n    deadline = \"20s\"\n  }";
    let mut leaving = options(&root, "leaving").client(port, block);
    leaving.config = format!("leave_on_interrupt = true\n{}", leaving.config);
    let mut leaving = leaving.start();
    wait_nodes(&server, 1);
    register(&server, &service("web", 3, 3));
    wait_allocs(&server, "web", "running", 3);
    let _staying = options(&root, "staying").client(port, "").start();
    wait_nodes(&server, 2);
    assert_eq!(leaving.interrupt(), Some(0), "{}", leaving.output());
    let nodes = server.get("/v1/nodes");
    let node = nodes.as_array().unwrap().iter().find(|node| node["Name"] == "leaving").unwrap();
    assert_eq!(
        (&node["LastDrain"]["Status"], &node["SchedulingEligibility"]),
        (&json!("complete"), &json!("ineligible"))
    );
    assert_eq!(node["LastDrain"]["Meta"]["message"], "the agent is leaving");
    let up = wait_allocs(&server, "web", "running", 3);
    assert!(up.iter().all(|alloc| alloc["NodeName"] == "staying"), "{up:#?}");
}
