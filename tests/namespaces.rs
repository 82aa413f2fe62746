//! Namespaces through the real binary, called `nomad`: their life, what they let in, and that a tenant's work and sight
//! end where its namespace does.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::{LIMIT, as_nomad, get_text, nomad, options, shell_job, wait_evals, wait_nodes};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

fn dev(root: &TempDir) -> Agent {
    let mut options = as_nomad(root, "dev");
    options.args = vec!["-dev".to_owned()];
    let agent = options.start();
    wait_nodes(&agent, 1);
    agent
}

/// A server, and a client in each of these pools: its name, its pool, and what else is in its `client` block.
fn cluster(root: &TempDir, pools: &[(&str, &str, &str)]) -> (Agent, Vec<Agent>) {
    let mut server = options(root, "server").server();
    server.binary = nomad(root);
    let server = server.start();
    let rpc = server.options.rpc_port;
    let clients: Vec<Agent> = pools
        .iter()
        .map(|(name, pool, extra)| {
            let mut client = options(root, name).client(rpc, &format!("  node_pool = \"{pool}\"\n{extra}"));
            client.binary = nomad(root);
            client.start()
        })
        .collect();
    wait_nodes(&server, pools.len());
    (server, clients)
}

/// As [`common::wait_allocs`], in the customer's namespace.
fn wait_in(agent: &Agent, job: &str, status: &str, count: usize) -> Vec<Value> {
    eventually(&format!("{count} allocations of {job} being {status}"), LIMIT, || {
        let allocs = agent.try_get(&format!("/v1/job/{job}/allocations?namespace=customer"))?;
        let allocs = allocs.as_array().cloned().unwrap_or_default();
        let found: Vec<Value> =
            allocs.iter().filter(|alloc| alloc["ClientStatus"] == status).cloned().collect();
        if found.len() == count { Ok(found) } else { Err(format!("{allocs:#?}")) }
    })
}

fn refused(agent: &Agent, job: &Value) -> String {
    let (status, text) = agent.put("/v1/jobs", &json!({"Job": job})).unwrap();
    assert_eq!(status, 500, "{text}");
    text
}

/// R108: `namespace create` as the guide has it; R049 in the commands around it.
#[test]
fn r108_a_namespace_is_made_listed_shown_changed_and_deleted() {
    let root = tempdir().unwrap();
    let agent = dev(&root);
    let said = agent.cli(&["namespace", "create", "team-alpha"]).ok();
    assert_eq!(said, "Successfully applied namespace \"team-alpha\"!\n");
    let said = agent.cli(&["namespace", "apply", "-description", "QA", "-quota=small", "qa"]).ok();
    assert_eq!(said, "Successfully applied namespace \"qa\"!\n");
    let list = agent.cli(&["namespace", "list"]).ok();
    let lines: Vec<Vec<&str>> = list.lines().map(|line| line.split("  ").map(str::trim).collect()).collect();
    assert_eq!(
        lines[0].iter().filter(|word| !word.is_empty()).collect::<Vec<_>>(),
        [&"Name", &"Description"]
    );
    assert!(
        list.contains("default     Default shared namespace") && list.contains("qa          QA"),
        "{list}"
    );

    // By name nothing else that was said is lost.
    agent.cli(&["namespace", "apply", "-description=quality", "qa"]).ok();
    let status = agent.cli(&["namespace", "status", "q"]).ok();
    for line in
        ["Name                   = qa", "Description            = quality", "Quota                  = small"]
    {
        assert!(status.contains(line), "{line}\n{status}");
    }

    let file = agent.file(
        "alpha.hcl",
        "name = \"team-alpha\"\ndescription = \"alphas\"\nmeta {\n  owner = \"ops\"\n}\ncapabilities {\n  \
         disabled_task_drivers = [\"java\"]\n}\nnode_pool_config {\n  default = \"alpha\"\n  allowed = [\"alpha\"]\n}\n",
    );
    agent.cli(&["namespace", "apply", &file]).ok();
    let shown: Value =
        serde_json::from_str(&agent.cli(&["namespace", "inspect", "team-alpha"]).ok()).unwrap();
    assert_eq!(
        shown["NodePoolConfiguration"],
        json!({"Default": "alpha", "Allowed": ["alpha"], "Denied": null})
    );
    assert_eq!(
        agent.cli(&["namespace", "inspect", "-t", "{{.Description}}", "team-alpha"]).ok().trim(),
        "alphas"
    );

    let cases: [(&[&str], &str); 5] = [
        (&["namespace", "delete", "default"], "can not delete default namespace"),
        (&["namespace", "delete", "nowhere"], "namespace \"nowhere\" not found"),
        (&["namespace", "status", "nowhere"], "matched no namespaces"),
        (&["namespace", "apply", "a_b"], "Must match regex ^[a-zA-Z0-9-]{1,128}$"),
        (&["namespace", "apply", "-quota=x", &file], "change a namespace by name"),
    ];
    for (line, expected) in cases {
        let output = agent.cli(line);
        assert_eq!(output.code, 1, "{line:?}");
        assert!(output.stderr.contains(expected), "{line:?}: {}", output.stderr);
    }
    assert_eq!(agent.cli(&["namespace", "delete", "qa"]).ok(), "Successfully deleted namespace \"qa\"!\n");
    assert_eq!(get_text(&agent, "/v1/namespace/qa"), (404, "Namespace not found".to_owned()));
    let (status, text) = agent.put("/v1/namespace/one", &json!({"Name": "two"})).unwrap();
    assert_eq!((status, text.as_str()), (400, "Namespace name does not match request path"));
}

/// R049, R217: a namespace for each customer; what is in one is not in another, and a busy one stays.
#[test]
fn r217_customers_have_a_namespace_each() {
    let root = tempdir().unwrap();
    let agent = dev(&root);
    for name in ["customer-a", "customer-b"] {
        agent.cli(&["namespace", "apply", name]).ok();
        let mut job = shell_job("web", "service", 1, "exec sleep 1000");
        job["Namespace"] = name.into();
        common::register(&agent, &job);
    }
    assert_eq!(agent.get("/v1/jobs"), json!([]));
    for name in ["customer-a", "customer-b"] {
        let jobs = agent.get(&format!("/v1/jobs?namespace={name}"));
        assert_eq!(jobs.as_array().unwrap().len(), 1);
        assert_eq!(jobs[0]["Namespace"], name);
    }
    assert_eq!(agent.get("/v1/jobs?namespace=*").as_array().unwrap().len(), 2);
    assert_eq!(agent.get("/v1/jobs?namespace=nowhere"), json!([]));
    let busy = agent.cli(&["namespace", "delete", "customer-a"]);
    assert!(
        busy.stderr.contains("namespace \"customer-a\" has non-terminal jobs in regions: [global]"),
        "{}",
        busy.stderr
    );
    let mut job = shell_job("web", "service", 1, "true");
    job["Namespace"] = "customer-c".into();
    assert_eq!(refused(&agent, &job), "job \"web\" is in nonexistent namespace \"customer-c\"");
    let (_, plan) = agent.put("/v1/job/web/plan?namespace=customer-c", &json!({"Job": job})).unwrap();
    assert_eq!(plan, "job \"web\" is in nonexistent namespace \"customer-c\"");
    let found = agent.put("/v1/search", &json!({"Prefix": "customer", "Context": "namespaces"})).unwrap().1;
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found["Matches"]["namespaces"], json!(["customer-a", "customer-b"]));
}

#[test]
fn a_namespace_says_which_drivers_and_network_modes_do() {
    let root = tempdir().unwrap();
    let agent = dev(&root);
    let rules = json!({"EnabledTaskDrivers": ["exec"], "DisabledNetworkModes": ["host"]});
    agent.put("/v1/namespace", &json!({"Name": "strict", "Capabilities": rules})).unwrap();
    let mut job = shell_job("web", "service", 1, "true");
    job["Namespace"] = "strict".into();
    let driver = "task \"main\" in group \"main\" uses driver \"raw_exec\", which is not allowed in namespace \"strict\"";
    let mode = "group \"main\" uses network mode \"host\", which is not allowed in namespace \"strict\"";
    let said = refused(&agent, &job);
    assert!(said.contains(driver) && said.contains(mode), "{said}");
    let validated = agent.put("/v1/validate/job", &json!({"Job": job})).unwrap().1;
    let validated: Value = serde_json::from_str(&validated).unwrap();
    assert!(validated["Error"].as_str().unwrap().contains(driver), "{validated}");
    let (status, plan) = agent.put("/v1/job/web/plan?namespace=strict", &json!({"Job": job})).unwrap();
    assert!(status == 500 && plan.contains(driver), "{plan}");
    let rules = json!({"DisabledTaskDrivers": ["exec", "java"], "EnabledNetworkModes": ["bridge", "host"]});
    agent.put("/v1/namespace/strict", &json!({"Capabilities": rules})).unwrap();
    common::register(&agent, &job);
}

/// An agent runs what its operator lets run there, whoever asks.
#[test]
fn an_agent_refuses_what_it_does_not_accept_and_says_so() {
    let root = tempdir().unwrap();
    let accept = "  accept {\n    namespaces = [\"customer\"]\n    max_memory_mb = 50\n  }\n";
    let (server, _clients) = cluster(&root, &[("theirs", "customer", accept)]);
    server.cli(&["namespace", "create", "customer"]).ok();
    let node = &server.get("/v1/nodes")[0];
    let node = server.get(&format!("/v1/node/{}", common::id(node)));
    assert_eq!(node["Attributes"]["accept.namespaces"], "customer");

    // Another namespace's work is not even placed there.
    let mut ours = shell_job("ours", "service", 1, "exec sleep 1000");
    ours["NodePool"] = "customer".into();
    common::register(&server, &ours);
    wait_evals(&server);
    assert_eq!(server.get("/v1/job/ours/allocations"), json!([]));

    let mut large = shell_job("large", "batch", 1, "true");
    (large["Namespace"], large["NodePool"]) = ("customer".into(), "customer".into());
    large["TaskGroups"][0]["Tasks"][0]["Resources"]["MemoryMB"] = 60.into();
    large["TaskGroups"][0]["ReschedulePolicy"] = json!({"Attempts": 0, "Unlimited": false});
    common::register(&server, &large);
    let alloc = wait_in(&server, "large", "failed", 1).remove(0);
    let events = alloc["TaskStates"]["main"]["Events"].to_string();
    let said = "refused by this agent's `client.accept.max_memory_mb`: 60 MB of memory of group \\\"main\\\", of at most 50";
    assert!(events.contains(said), "{events}");
    assert!(!events.contains("Started"), "{events}");
}

/// R218 to R221: whatever a customer's job asks for, it runs on the customer's nodes.
#[test]
fn r218_a_bound_namespace_places_nowhere_else_by_any_job() {
    let root = tempdir().unwrap();
    let (server, _clients) = cluster(&root, &[("ours", "default", ""), ("theirs", "customer", "")]);
    let binding = json!({"Default": "customer", "Allowed": ["customer"]});
    server.put("/v1/namespace", &json!({"Name": "customer", "NodePoolConfiguration": binding})).unwrap();
    let nodes = server.get("/v1/nodes");
    let id_in = |pool: &str| {
        let node = nodes.as_array().unwrap().iter().find(|node| node["NodePool"] == pool).unwrap();
        node["ID"].as_str().unwrap().to_owned()
    };
    let (ours, theirs) = (id_in("default"), id_in("customer"));
    let job = |id: &str, kind: &str, pool: Option<&str>| {
        let mut job = shell_job(id, kind, 1, "exec sleep 1000");
        (job["Namespace"], job["NodePool"]) = ("customer".into(), pool.into());
        job
    };
    common::register(&server, &job("plain", "service", None));
    common::register(&server, &job("everywhere", "system", Some("all")));
    let mut lured = job("lured", "service", Some("all"));
    lured["Affinities"] =
        json!([{"LTarget": "${node.unique.id}", "RTarget": ours, "Operand": "=", "Weight": 100}]);
    common::register(&server, &lured);
    let mut pinned = job("pinned", "service", Some("all"));
    pinned["Constraints"] = json!([{"LTarget": "${node.unique.id}", "RTarget": ours, "Operand": "="}]);
    common::register(&server, &pinned);
    let said = refused(&server, &job("elsewhere", "service", Some("default")));
    assert_eq!(said, "node pool \"default\" is not allowed in namespace \"customer\"");
    for name in ["plain", "everywhere", "lured"] {
        let allocs = wait_in(&server, name, "running", 1);
        assert_eq!(allocs[0]["NodeID"], theirs.as_str(), "{name}");
    }
    wait_evals(&server);
    assert_eq!(server.get("/v1/job/pinned/allocations?namespace=customer"), json!([]));
    assert_eq!(server.get("/v1/job/plain?namespace=customer")["NodePool"], "customer");
    let evals = server.get("/v1/job/pinned/evaluations?namespace=customer");
    let metric =
        evals.as_array().unwrap().iter().find_map(|eval| eval["FailedTGAllocs"].get("main")).unwrap();
    assert_eq!(
        (metric["NodesEvaluated"].as_u64(), metric["NodesInPool"].as_u64()),
        (Some(1), Some(1)),
        "{metric}"
    );

    // Bound anew, what runs goes on and nothing new is placed where it may not be.
    server
        .put("/v1/namespace", &json!({"Name": "customer", "NodePoolConfiguration": {"Allowed": ["gone"]}}))
        .unwrap();
    let alloc = wait_in(&server, "plain", "running", 1).remove(0);
    server.put(&format!("/v1/allocation/{}/stop", common::id(&alloc)), &json!({})).unwrap();
    wait_in(&server, "plain", "complete", 1);
    wait_evals(&server);
    wait_in(&server, "plain", "running", 0);
}

/// R210: one step makes everything that a tenant consists of, and the tenant can do nothing beyond it.
#[test]
fn r210_a_tenant_is_made_in_one_step() {
    let root = tempdir().unwrap();
    let agent = dev(&root);
    let said = agent.cli(&["operator", "tenant", "create", "-description=ACME", "customer-a"]).ok();
    for line in [
        "Made node pool \"customer-a\"",
        "Made namespace \"customer-a\", whose jobs run in node pool \"customer-a\" and nowhere else",
        "ACLs are off",
        "namespaces = [\"customer-a\"]",
        "nomad operator join-token create -node-pool=customer-a",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    let again = agent.cli(&["operator", "tenant", "create", "customer-a"]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("namespace \"customer-a\" is there already"), "{}", again.stderr);
    for name in ["default", "a\" {}"] {
        assert_eq!(agent.cli(&["operator", "tenant", "create", name]).code, 1, "{name}");
    }
    let made = agent.get("/v1/namespace/customer-a");
    assert_eq!(made["NodePoolConfiguration"]["Allowed"], json!(["customer-a"]));
    let mut astray = shell_job("web", "service", 1, "true");
    (astray["Namespace"], astray["NodePool"]) = ("customer-a".into(), "default".into());
    assert!(
        refused(&agent, &astray).contains("node pool \"default\" is not allowed in namespace \"customer-a\"")
    );
}

/// R210, R217, R219: the token of a tenant works in its namespace and knows of nothing else.
#[test]
fn r219_a_tenants_token_knows_nothing_of_others() {
    let root = tempdir().unwrap();
    let mut options = options(&root, "secured").server();
    options.binary = nomad(&root);
    options.args = vec!["--acl-enabled".to_owned()];
    let agent = options.start();
    let secret = |output: &str| {
        let line = output.lines().find(|line| line.starts_with("Secret ID")).unwrap();
        format!("-token={}", line.split_once(" = ").unwrap().1.trim())
    };
    let root_token = secret(&agent.cli(&["acl", "bootstrap"]).ok());
    let create = |name: &str| agent.cli(&["operator", "tenant", "create", name, &root_token]).ok();
    let made = create("customer-a");
    for line in
        ["Made ACL policy \"tenant-customer-a\"", "Made ACL role \"tenant-customer-a\"", "shown this once"]
    {
        assert!(made.contains(line), "{line}\n{made}");
    }
    create("customer-b");
    let token = secret(&made);
    let cli = |line: &[&str]| agent.cli(&[line, &[token.as_str()]].concat());
    let names = cli(&["namespace", "list"]).ok();
    assert!(names.contains("customer-a") && !names.contains("customer-b"), "{names}");
    let pools = cli(&["node", "pool", "list"]).ok();
    assert!(pools.contains("customer-a") && !pools.contains("customer-b"), "{pools}");
    let outside = ["customer-b", "nowhere"].map(|name| {
        let said = [
            cli(&["namespace", "status", name]),
            cli(&["node", "pool", "info", name]),
            cli(&["job", "status", &format!("-namespace={name}")]),
            cli(&["namespace", "delete", name]),
        ];
        said.map(|output| (output.code, output.stdout + &output.stderr).1.replace(name, "it"))
    });
    assert_eq!(outside[0], outside[1]);
    let file = agent.file("web.json", &json!({"Job": shell_job("web", "service", 1, "true")}).to_string());
    let run =
        |namespace: &str| cli(&["job", "run", "-json", "-detach", &format!("-namespace={namespace}"), &file]);
    assert_eq!(run("customer-a").code, 0);
    assert_eq!(run("customer-b").code, 1);
    let inspected = cli(&["job", "inspect", "-namespace=customer-a", "web"]).ok();
    assert!(inspected.contains("\"NodePool\": \"customer-a\""), "{inspected}");
}
