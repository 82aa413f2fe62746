//! A thousand planted secrets, and everywhere they must not turn up: logs at trace level, events, answers, the agent's
//! description of itself, cores.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{LIMIT, as_nomad};
use muster_testkit::{Agent, AgentOptions, eventually, skipped};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

const GOSSIP_KEY: &str = "cg8StVXbQJ0gPvMd9o7yrg==";

fn options(root: &TempDir) -> AgentOptions {
    let mut options = as_nomad(root, "agent");
    let data = options.dir.join("data");
    options.config = format!(
        "data_dir = {data:?}\nname = \"keeper\"\nlog_level = \"TRACE\"\nenable_debug = true\n\
         server {{\n  enabled = true\n  bootstrap_expect = 1\n  encrypt = \"{GOSSIP_KEY}\"\n}}\n\
         client {{\n  enabled = true\n}}\nacl {{\n  enabled = true\n}}\n"
    );
    options.env = vec![("MUSTER_LOG".to_owned(), "trace".to_owned())];
    options
}

/// One request with a header of its own; status and body.
fn ask(agent: &Agent, method: &str, path: &str, header: (&str, &str), body: Option<&Value>) -> (u16, String) {
    let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let url = format!("{}{path}", agent.address());
    let mut response = match (method, body) {
        ("GET", _) => client.get(url).header(header.0, header.1).call(),
        ("DELETE", _) => client.delete(url).header(header.0, header.1).call(),
        (_, body) => client
            .put(url)
            .header(header.0, header.1)
            .send(&body.map(ToString::to_string).unwrap_or_default()),
    }
    .unwrap();
    (response.status().as_u16(), response.body_mut().with_config().limit(1 << 30).read_to_string().unwrap())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Everything below a directory.
fn files(dir: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => files(&entry.path(), found),
            kind if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
}

/// The secrets of a text, found in one pass: each has the form of a UUID or begins with `canary-`.
fn found<'a>(text: &[u8], secrets: &'a BTreeSet<String>) -> Vec<&'a String> {
    let mut seen = BTreeSet::new();
    for window in text.windows(36) {
        if let Ok(window) = std::str::from_utf8(window)
            && let Some(secret) = secrets.get(window)
        {
            seen.insert(secret);
        }
    }
    seen.into_iter().collect()
}

/// 36 bytes, as a token's secret has.
fn canary(kind: &str, number: u32) -> String {
    format!("canary-{kind:.<12}-{number:016}")
}

/// Acceptance line 4, but for the audit log and the debug bundle, which have tests beside them.
#[test]
fn a_thousand_secrets_turn_up_nowhere() {
    let root = tempdir().unwrap();
    let agent = options(&root).start();
    let (status, token) =
        ask(&agent, "PUT", "/v1/acl/bootstrap", ("X-Nomad-Token", "none"), Some(&json!({})));
    assert_eq!(status, 200, "{token}");
    let manager = json(&token)["SecretID"].as_str().unwrap().to_owned();
    let token_header = ("X-Nomad-Token", manager.as_str());
    eventually("the node being ready", LIMIT, || {
        let nodes = json(&ask(&agent, "GET", "/v1/nodes", token_header, None).1);
        if nodes[0]["Status"] == "ready" { Ok(()) } else { Err(nodes.to_string()) }
    });
    let mut secrets = BTreeSet::from([manager.clone()]);
    // Tokens that were made.
    for number in 0..200 {
        let request = json!({"Name": format!("t{number}"), "Type": "management"});
        let (status, made) = ask(&agent, "PUT", "/v1/acl/token", token_header, Some(&request));
        assert_eq!(status, 200, "{made}");
        secrets.insert(json(&made)["SecretID"].as_str().unwrap().to_owned());
    }
    // Tokens that are guessed, in each of their places, and some where they do not belong.
    let mut sent = 0;
    for number in 0..100 {
        let places: [(&str, String, String); 6] = [
            ("X-Nomad-Token", canary("header", number), "/v1/jobs".to_owned()),
            ("Authorization", canary("bearer", number), "/v1/nodes".to_owned()),
            ("Authorization", canary("basic", number), "/v1/agent/self".to_owned()),
            ("Cookie", canary("cookie", number), "/v1/jobs".to_owned()),
            ("X-Other", canary("other", number), "/v1/jobs".to_owned()),
            ("X-Some", String::new(), format!("/v1/jobs?token={}", canary("query", number))),
        ];
        for (header, secret, path) in places {
            let value = match (header, secret.as_str()) {
                ("Authorization", text) if text.contains("basic") => format!("Basic {text}"),
                ("Authorization", text) => format!("Bearer {text}"),
                (_, text) => text.to_owned(),
            };
            ask(&agent, "GET", &path, (header, &value), None);
            secrets.insert(if secret.is_empty() { canary("query", number) } else { secret });
            sent += 1;
        }
    }
    // Bodies that are refused hold secrets, too.
    for number in 0..200 {
        let secret = canary("body", number);
        let bodies = [
            ("/v1/acl/bootstrap", json!({"BootstrapSecret": secret})),
            ("/v1/acl/token", json!({"Type": "client", "AccessorID": "x", "SecretID": secret})),
        ];
        let (path, body) = &bodies[number as usize % 2];
        let (status, _) = ask(&agent, "PUT", path, token_header, Some(body));
        assert_eq!(status, 400, "{path}");
        secrets.insert(secret);
    }
    assert!(secrets.len() >= 1000 && sent == 600, "{} secrets", secrets.len());

    // Whoever may read everything reads none of them.
    let answers = [
        "/v1/acl/tokens",
        "/v1/agent/self",
        "/v1/agent/host",
        "/v1/nodes",
        "/v1/jobs",
        "/v1/metrics",
        "/v1/metrics?format=prometheus",
        "/v1/agent/members",
        "/v1/operator/scheduler/configuration",
        "/v1/agent/monitor/export?on_disk=true",
        "/v1/openapi.json",
    ];
    for path in answers {
        let (_, text) = ask(&agent, "GET", path, token_header, None);
        assert_eq!(found(text.as_bytes(), &secrets), Vec::<&String>::new(), "{path}");
        assert!(!text.contains(GOSSIP_KEY), "{path}");
    }
    let own = json(&ask(&agent, "GET", "/v1/acl/token/self", token_header, None).1);
    assert_eq!(own["SecretID"], manager.as_str(), "one's own secret is told to whoever presents it");
    let log = agent.output();
    // Nothing here or in the libraries says anything at TRACE itself, which is on all the same.
    assert!(log.contains("[DEBUG]") && log.len() > 10_000, "all is logged: {} bytes", log.len());
    assert_eq!(found(log.as_bytes(), &secrets), Vec::<&String>::new(), "in the log");
    assert!(!log.contains(GOSSIP_KEY));
    // Nor does the disk hold them, but for what a node proves itself with.
    let mut on_disk = Vec::new();
    files(&agent.options.dir.join("data"), &mut on_disk);
    assert!(on_disk.len() > 3, "{on_disk:?}");
    for path in on_disk {
        assert_eq!(found(&fs::read(&path).unwrap(), &secrets), Vec::<&String>::new(), "{}", path.display());
    }
    let events = events(&agent, &manager);
    assert!(events.contains("ACLToken"), "{events}");
    assert_eq!(found(events.as_bytes(), &secrets), Vec::<&String>::new(), "in the event stream");
}

/// What the event stream tells of the past, from its beginning.
fn events(agent: &Agent, token: &str) -> String {
    use std::io::Read as _;
    let client: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(std::time::Duration::from_secs(3)))
        .build()
        .into();
    let url = format!("{}/v1/event/stream?index=1", agent.address());
    let response = client.get(url).header("X-Nomad-Token", token).call().unwrap();
    let (mut reader, mut text, mut piece) =
        (response.into_body().into_reader(), Vec::new(), vec![0; 1 << 16]);
    // Ends with the time-out: the stream itself does not.
    while let Ok(size @ 1..) = reader.read(&mut piece) {
        text.extend_from_slice(&piece[..size]);
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// An agent that crashes leaves no copy of its memory.
#[test]
fn a_crash_leaves_no_core() {
    let root = tempdir().unwrap();
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    if pattern.trim() != "core" {
        return skipped("cores of agents", &format!("cores go elsewhere here: {}", pattern.trim()));
    }
    let crash = |program: &str, args: &[&str], ready: &dyn Fn(u32)| -> bool {
        let dir = tempdir().unwrap();
        let words = [&[program], args].concat().join(" ");
        let mut child = Command::new("/bin/sh")
            .args(["-c", &format!("ulimit -c unlimited && exec {words}")])
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        ready(child.id());
        kill_process(Pid::from_child(&child), Signal::ABORT).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), Some(6), "{status}");
        fs::read_dir(dir.path())
            .unwrap()
            .any(|entry| entry.unwrap().file_name().to_string_lossy().starts_with("core"))
    };
    let is_sleep = |pid: u32| {
        eventually("the shell being `sleep`", LIMIT, || {
            let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            if name.trim() == "sleep" { Ok(()) } else { Err(name) }
        });
    };
    if !crash("sleep", &["1000"], &is_sleep) {
        return skipped("cores of agents", "no program leaves a core here");
    }
    let mut agent = options(&root);
    agent.config.clear();
    let (http, rpc) = (agent.http_port, agent.rpc_port);
    let config = agent.dir.join("crash.hcl");
    let data = agent.dir.join("data");
    fs::write(&config, format!("data_dir = {data:?}\nports {{\n  http = {http}\n  rpc = {rpc}\n}}\nserver {{\n  enabled = true\n  bootstrap_expect = 1\n}}\n")).unwrap();
    let up = |_: u32| {
        eventually("the agent answering", LIMIT, || {
            ureq::get(&format!("http://127.0.0.1:{http}/v1/status/leader"))
                .call()
                .map(|_| ())
                .map_err(|error| error.to_string())
        });
    };
    let binary = agent.binary.to_string_lossy().into_owned();
    let config = config.to_string_lossy().into_owned();
    let home = format!("XDG_STATE_HOME={}", root.path().display());
    assert!(!crash("env", &[&home, &binary, "agent", "-config", &config], &up), "a core was left");
}
