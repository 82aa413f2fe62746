//! A tenant's sight: whoever has rights only in namespaces bound to node pools cannot tell other pools, nodes and
//! namespaces from those that do not exist.

use http::StatusCode;
use muster_ids::{Datacenter, Namespace, NodeId, NodePool};
use muster_model::{NamespaceDetails, Node, PoolBinding};
use muster_state::command::{Command, IdSeed, NamespaceUpsert};
use serde_json::{Value, json};

use super::*;

/// Everything a tenant may be given without any right beyond its own.
const TENANT: &str = r#"
    namespace "tenant" { policy = "write" }
    node { policy = "write" }
    node_pool "tenant" { policy = "write" }
"#;

struct Cluster {
    api: Api,
    own: NodeId,
    foreign: NodeId,
}

impl Cluster {
    /// A pool of the tenant's and two of others, with a node in each; a namespace of another tenant.
    async fn new() -> Self {
        let api = Api::new().await;
        let mut nodes = Vec::new();
        for (number, pool) in (1..).zip(["tenant", "other", "default"]) {
            let mut node: Node = build::node(number);
            node.pool = NodePool::new(pool).unwrap();
            node.datacenter = Datacenter::new(format!("dc-{pool}")).unwrap();
            node.name = format!("node-of-{pool}").as_str().into();
            nodes.push(node.id);
            propose(&api.server, register_node(node)).await.unwrap();
        }
        let bound = |name: &str| {
            let pools = PoolBinding {
                default: NodePool::new(name).ok(),
                allowed: Some(vec![name.into()]),
                denied: Vec::new(),
            };
            NamespaceDetails { pools, ..NamespaceDetails::bare(Namespace::new(name).unwrap()) }
        };
        let namespaces = vec![bound("tenant"), bound("other")];
        let command = NamespaceUpsert { namespaces, seed: IdSeed([9; 16]) };
        propose(&api.server, Command::NamespaceUpsert(command)).await.unwrap();
        Self { api, own: nodes[0], foreign: nodes[1] }
    }

    async fn ask(&self, method: &str, uri: &str, body: &str) -> Answer {
        self.api.ask_as(&allowed(TENANT), method, uri, body.to_owned()).await
    }

    /// The same asked about two objects is answered alike but for their names.
    async fn alike(&self, method: &str, uri: &str, body: &str, (known, absent): (&str, &str)) -> Answer {
        let one = self.ask(method, &uri.replace("{}", known), &body.replace("{}", known)).await;
        let other = self.ask(method, &uri.replace("{}", absent), &body.replace("{}", absent)).await;
        let told = |answer: &Answer| (answer.status.as_u16(), timeless(&answer.text).replace(absent, known));
        assert_eq!(told(&one), told(&other), "{method} {uri} {body}");
        assert_eq!(one.header("x-nomad-index"), other.header("x-nomad-index"), "{method} {uri}");
        one
    }
}

/// Without how long a dry run took.
fn timeless(text: &str) -> String {
    let mut parts = text.split("\"AllocationTime\":");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.trim_start_matches(|c: char| c.is_ascii_digit()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_of_others_are_as_if_they_were_not_there() {
    let cluster = Cluster::new().await;
    let (own, foreign) = (cluster.own.to_string(), cluster.foreign.to_string());
    let absent = NodeId::from_bytes([0xee; 16]).to_string();
    let pair = (foreign.as_str(), absent.as_str());
    let before = cluster.api.changed_at();
    let drain = r#"{"DrainSpec":{"Deadline":1000000000}}"#;
    for (method, uri, body) in [
        ("GET", "/v1/node/{}", ""),
        ("GET", "/v1/node/{}/allocations", ""),
        ("PUT", "/v1/node/{}/eligibility", r#"{"Eligibility":"ineligible"}"#),
        ("PUT", "/v1/node/{}/drain", drain),
        ("PUT", "/v1/node/{}/evaluate", ""),
        ("PUT", "/v1/node/{}/purge", ""),
        ("GET", "/v1/client/metadata?node_id={}", ""),
        ("POST", "/v1/client/metadata?node_id={}", r#"{"Meta":{"a":"b"}}"#),
        ("GET", "/v1/client/stats?node_id={}", ""),
        ("PUT", "/v1/client/gc?node_id={}", ""),
        ("GET", "/v1/nodes?prefix={}", ""),
        ("GET", "/v1/nodes?filter=ID+%3D%3D+%22{}%22", ""),
        ("POST", "/v1/search", r#"{"Prefix":"{}","Context":"nodes"}"#),
    ] {
        cluster.alike(method, uri, body, pair).await;
    }
    assert_eq!(cluster.api.changed_at(), before, "something of others was changed");
    let seen = cluster.ask("GET", "/v1/nodes", "").await.json();
    let names: Vec<&str> = seen.as_array().unwrap().iter().map(|node| node["ID"].as_str().unwrap()).collect();
    assert_eq!(names, [own.as_str()]);
    assert_eq!(cluster.ask("GET", &format!("/v1/node/{own}"), "").await.status, StatusCode::OK);
    let fuzzy = cluster.ask("POST", "/v1/search/fuzzy", r#"{"Text":"node-of","Context":"all"}"#).await.json();
    assert_eq!(fuzzy["Matches"]["nodes"].as_array().unwrap().len(), 1, "{fuzzy}");
    let all = cluster.api.get("/v1/nodes").await.json();
    assert_eq!(all.as_array().unwrap().len(), 3, "who manages the cluster sees all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pools_and_namespaces_of_others_are_as_if_they_were_not_there() {
    let cluster = Cluster::new().await;
    let pair = ("other", "nihil");
    for (method, uri, body) in [
        ("GET", "/v1/node/pool/{}", ""),
        ("GET", "/v1/node/pool/{}/nodes", ""),
        ("GET", "/v1/node/pool/{}/jobs?namespace=tenant", ""),
        ("GET", "/v1/node/pools?prefix={}", ""),
        ("PUT", "/v1/node/pools", r#"{"Name":"{}"}"#),
        ("DELETE", "/v1/node/pool/{}", ""),
        ("GET", "/v1/namespace/{}", ""),
        ("GET", "/v1/namespaces?prefix={}", ""),
        ("PUT", "/v1/namespace/{}", "{}"),
        ("DELETE", "/v1/namespace/{}", ""),
        ("GET", "/v1/jobs?namespace={}", ""),
        ("GET", "/v1/job/web?namespace={}", ""),
        ("GET", "/v1/allocations?namespace={}", ""),
        ("POST", "/v1/search", r#"{"Prefix":"{}","Context":"node_pools"}"#),
        ("POST", "/v1/search", r#"{"Prefix":"{}","Context":"namespaces"}"#),
    ] {
        let body = if body == "{}" { "" } else { body };
        cluster.alike(method, uri, body, pair).await;
    }
    let pools = cluster.ask("GET", "/v1/node/pools", "").await.json();
    let names: Vec<&str> =
        pools.as_array().unwrap().iter().map(|pool| pool["Name"].as_str().unwrap()).collect();
    assert_eq!(names, ["tenant"]);
    let namespaces = cluster.ask("GET", "/v1/namespaces", "").await.json();
    assert_eq!(namespaces.as_array().unwrap().len(), 1);
    assert_eq!(namespaces[0]["Name"], "tenant");
}

fn job(change: impl FnOnce(&mut Value)) -> String {
    let task = json!({"Name": "main", "Driver": "raw_exec", "Config": {"command": "/bin/true"},
        "Resources": {"CPU": 10, "MemoryMB": 10}});
    let mut job = json!({"ID": "web", "Name": "web", "Type": "service", "Namespace": "tenant", "Datacenters": ["*"],
        "TaskGroups": [{"Name": "main", "Count": 1, "Tasks": [task]}]});
    change(&mut job);
    json!({"Job": job}).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_tells_nothing_of_places_that_are_not_its_own() {
    let cluster = Cluster::new().await;
    let pool = job(|job| job["NodePool"] = "{}".into());
    for (method, uri) in [("PUT", "/v1/jobs"), ("PUT", "/v1/job/web/plan"), ("PUT", "/v1/validate/job")] {
        let said = cluster.alike(method, uri, &pool, ("other", "nihil")).await;
        assert!(said.text.contains("is in nonexistent node pool"), "{uri}: {}", said.text);
    }
    // What a dry run counts is the same whether the datacenter is somebody's or nobody's.
    for all in [false, true] {
        let placed = job(|job| {
            job["Datacenters"] = json!(["{}"]);
            if all {
                job["NodePool"] = "all".into();
            }
        });
        let plan = cluster.alike("PUT", "/v1/job/web/plan", &placed, ("dc-other", "dc-nihil")).await;
        let plan = plan.json();
        let failed = &plan["FailedTGAllocs"]["main"];
        assert_eq!(
            (failed["NodesEvaluated"].as_u64(), failed["NodesInPool"].as_u64()),
            (Some(0), Some(1)),
            "{plan}"
        );
        assert_eq!(failed["NodesAvailable"], json!({"dc-other": 0}));
    }
    let (foreign, absent) = (cluster.foreign.to_string(), NodeId::from_bytes([0xee; 16]).to_string());
    let parameterized = job(|job| {
        (job["Type"], job["NodePool"]) = ("batch".into(), "all".into());
        job["ParameterizedJob"] = json!({"Allow": {"Nodes": 5, "NodePools": ["*"]}});
    });
    let made = cluster.ask("PUT", "/v1/jobs", &parameterized).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let second = NodeId::from_bytes([0xdd; 16]).to_string();
    let over = |key: &str, value: Value| json!({"Overrides": {key: value}}).to_string();
    let uri = "/v1/job/web/dispatch?namespace=tenant";
    for (body, pair) in [
        (over("NodePool", "{}".into()), ("other", "nihil")),
        (over("Nodes", json!(["{}"])), (foreign.as_str(), absent.as_str())),
        (over("Nodes", json!(["{}", second])), (foreign.as_str(), absent.as_str())),
        (over("Nodes", json!([second, "{}"])), (foreign.as_str(), absent.as_str())),
    ] {
        let said = cluster.alike("PUT", uri, &body, pair).await;
        assert!(said.text.contains("nonexistent node"), "{}", said.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_confined_is_decided_by_all_of_its_namespaces() {
    let cluster = Cluster::new().await;
    let seen = async |rules: &str| {
        let answer = cluster.api.ask_as(&allowed(rules), "GET", "/v1/nodes", "").await;
        answer.json().as_array().unwrap().len()
    };
    let nodes = "node { policy = \"read\" }\n";
    let in_namespace = |name: &str| format!("namespace \"{name}\" {{ policy = \"read\" }}\n");
    let (tenant, other) = (in_namespace("tenant"), in_namespace("other"));
    for (rules, expected) in [
        (nodes.to_owned(), 3),
        (format!("{nodes}{tenant}"), 1),
        (format!("{nodes}{tenant}{other}"), 2),
        (format!("{nodes}{tenant}node_pool \"default\" {{ policy = \"read\" }}"), 2),
        // One that is bound to nothing lifts it, as does the right to operate the cluster.
        (format!("{nodes}{tenant}{}", in_namespace("default")), 3),
        (format!("{nodes}{tenant}operator {{ policy = \"read\" }}"), 3),
        // A namespace that is gone gives nothing back.
        (format!("{nodes}{}", in_namespace("gone")), 0),
    ] {
        assert_eq!(seen(&rules).await, expected, "{rules}");
    }
}
