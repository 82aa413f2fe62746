//! Banned nodes and revoked certificates, through the binary called `nomad`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "tls/agents.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod agents;
mod common;
#[path = "tls/pki.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod pki;

use std::process::Stdio;
use std::time::{Duration, Instant};

use agents::{Caller, url, wait_log};
use common::{LIMIT, as_nomad, shell_job};
use muster_testkit::{Agent, eventually};
use pki::Pki;
use serde_json::{Value, json};
use tempfile::tempdir;

/// What a revocation may take at most.
const PROMPT: Duration = Duration::from_secs(5);

fn nodes(caller: &Caller<'_>, agent: &Agent) -> Value {
    serde_json::from_str(&caller.curl(agent, "/v1/nodes", &[]).unwrap().1).unwrap()
}

fn named<'a>(nodes: &'a Value, name: &str) -> &'a Value {
    nodes.as_array().unwrap().iter().find(|node| node["Name"] == name).unwrap()
}

#[test]
fn a_banned_node_is_out_at_once_and_its_work_goes_elsewhere() {
    let root = tempdir().unwrap();
    let pki = Pki::new(root.path(), "pki");
    for (name, names) in [
        ("server", "server.global.nomad"),
        ("one", "client.global.nomad"),
        ("two", "client.global.nomad"),
        ("cli", "cli.global.nomad"),
    ] {
        pki.issue(name, names);
    }
    let caller = Caller { pki: &pki, certificate: "cli" };
    let mut options = as_nomad(&root, "server").server();
    options.config.push_str(&pki.block("server", ""));
    let server = caller.start(options);
    let client = |name: &str| {
        let mut options = as_nomad(&root, name).client(server.options.rpc_port, "");
        options.config.push_str(&pki.block(name, ""));
        caller.start(options)
    };
    let (one, two) = (client("one"), client("two"));
    caller.wait_nodes(&server, 2);

    let job = json!({"Job": shell_job("web", "service", 2, "sleep 1000")}).to_string();
    let (status, text) = caller.curl(&server, "/v1/jobs", &["-X", "PUT", "-d", &job]).unwrap();
    assert_eq!(status, 200, "{text}");
    let allocs = || -> Value {
        serde_json::from_str(&caller.curl(&server, "/v1/job/web/allocations", &[]).unwrap().1).unwrap()
    };
    let running_on = |node: &str| {
        let all = allocs();
        let running = |alloc: &&Value| alloc["ClientStatus"] == "running" && alloc["NodeID"] == node;
        all.as_array().unwrap().iter().filter(running).count()
    };
    let listed = nodes(&caller, &server);
    let [first, second] = ["one", "two"].map(|name| named(&listed, name)["ID"].as_str().unwrap().to_owned());
    eventually("both allocations running", LIMIT, || {
        let count = running_on(&first) + running_on(&second);
        if count == 2 { Ok(()) } else { Err(allocs().to_string()) }
    });

    let begun = Instant::now();
    let said = caller.cli(&server, &["node", "ban", "-reason", "stolen from the rack", &first[..8]]).ok();
    assert!(said.contains(&format!("Node \"{first}\" is banned")), "{said}");
    // Either the node goes when it is told, or its connection is closed.
    wait_log(&server, &["banned node", "stolen from the rack", &first]);
    wait_log(&server, &["node disconnected", &first]);
    assert!(begun.elapsed() < PROMPT, "{:?}", begun.elapsed());
    assert_eq!(named(&nodes(&caller, &server), "one")["Status"], "down");
    eventually("its work being done elsewhere", LIMIT, || {
        if running_on(&second) == 2 { Ok(()) } else { Err(allocs().to_string()) }
    });
    // It keeps asking, and is told why not; servers write that down.
    wait_log(&server, &["refused the registration of a node", &first, "is banned: stolen from the rack"]);
    wait_log(&one, &["is banned: stolen from the rack"]);
    let shown = caller.cli(&server, &["operator", "certificate", "list"]).ok();
    assert!(shown.contains(&first) && shown.contains("stolen from the rack"), "{shown}");

    let said = caller.cli(&server, &["node", "unban", &first[..8]]).ok();
    assert!(said.contains("is no longer banned"), "{said}");
    eventually("the node coming back", LIMIT, || {
        let listed = nodes(&caller, &server);
        if named(&listed, "one")["Status"] == "ready" { Ok(()) } else { Err(listed.to_string()) }
    });
    drop(two);
}

#[test]
fn a_revoked_certificate_opens_no_door_and_loses_what_it_has_open() {
    let root = tempdir().unwrap();
    let pki = Pki::new(root.path(), "pki");
    for (name, names) in [
        ("server", "server.global.nomad"),
        ("client", "client.global.nomad"),
        ("cli", "cli.global.nomad"),
        ("stolen", "cli.global.nomad"),
    ] {
        pki.issue(name, names);
    }
    let (caller, thief) =
        (Caller { pki: &pki, certificate: "cli" }, Caller { pki: &pki, certificate: "stolen" });
    let mut options = as_nomad(&root, "server").server();
    options.config.push_str(&pki.block("server", ""));
    let server = caller.start(options);
    let mut options = as_nomad(&root, "client").client(server.options.rpc_port, "");
    options.config.push_str(&pki.block("client", ""));
    let node = caller.start(options);
    caller.wait_nodes(&server, 1);

    // By file, a caller of the API, with a connection that follows the log.
    let mut follower = thief.curl_command();
    let follower = follower.args(["-N", &url(&server, "/v1/agent/monitor?plain=true")]).stdout(Stdio::null());
    let mut follower = follower.stderr(Stdio::null()).spawn().unwrap();
    thief.curl(&server, "/v1/nodes", &[]).unwrap();
    let begun = Instant::now();
    let said = caller.cli(
        &server,
        &["operator", "certificate", "revoke", "-reason", "laptop lost", &pki.path("stolen.pem")],
    );
    assert!(said.clone().ok().contains("is revoked"), "{said:?}");
    eventually("the open connection ending", LIMIT, || {
        follower.try_wait().unwrap().map(drop).ok_or_else(|| "it is open".to_owned())
    });
    assert!(begun.elapsed() < PROMPT, "{:?}", begun.elapsed());
    // What it is told depends on whether it still writes when the server hangs up; the server's log has the reason.
    thief.curl(&server, "/v1/nodes", &[]).unwrap_err();
    wait_log(&server, &["TLS: a revoked certificate was shown to the API", "laptop lost"]);
    wait_log(&server, &["TLS handshake failed", "127.0.0.1:", "the certificate has been revoked"]);
    caller.curl(&server, "/v1/nodes", &[]).unwrap();

    // By serial number, an agent that is connected.
    let serial = pki.run("openssl x509 -in client.pem -noout -serial");
    let serial = String::from_utf8(serial.stdout).unwrap().trim().replace("serial=", "");
    let begun = Instant::now();
    caller.cli(&server, &["operator", "certificate", "revoke", "-serial", &serial]).ok();
    wait_log(&server, &["TLS: closed a connection: the peer's certificate has been revoked", "127.0.0.1:"]);
    assert!(begun.elapsed() < PROMPT, "{:?}", begun.elapsed());
    wait_log(&server, &["TLS: refused a connection", "the certificate has been revoked: no reason given"]);
    wait_log(&node, &["TLS", "the peer refused: the certificate has been revoked"]);
    caller.cli(&server, &["operator", "certificate", "restore", &serial]).ok();
    caller.wait_nodes(&server, 1);

    for (args, why) in [
        (&["-serial", "xyz"][..], "is neither the id of a node"),
        (&["-fingerprint", "ab"], "is not the SHA-256"),
        (&[], "exactly one of a file, -serial and -fingerprint"),
    ] {
        let refused = caller.cli(&server, &[&["operator", "certificate", "revoke"], args].concat());
        assert!(refused.code == 1 && refused.stderr.contains(why), "{refused:?}");
    }
}
