//! Other people's ways to start an agent, through the binary called `nomad`; and how it ends.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use common::{LIMIT, id, nomad, options, register, shell_job, wait_allocs, wait_nodes};
use muster_testkit::{Agent, AgentOptions, eventually};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tempfile::{TempDir, tempdir};

fn called_nomad(root: &TempDir, name: &str, args: &[&str]) -> AgentOptions {
    let mut options = options(root, name);
    options.binary = nomad(root);
    options.args = args.iter().map(|arg| (*arg).to_owned()).collect();
    options
}

fn signal(agent: &Agent, signal: Signal) {
    kill_process(Pid::from_raw(agent.pid().cast_signed()).unwrap(), signal).unwrap();
}

#[test]
fn every_form_of_the_version_is_answered() {
    let root = tempdir().unwrap();
    for form in ["version", "-version", "--version", "-v"] {
        let output = Command::new(nomad(&root)).arg(form).output().unwrap();
        assert!(output.status.success(), "{form}");
        assert!(String::from_utf8(output.stdout).unwrap().starts_with("Nomad v2."), "{form}");
    }
}

#[test]
fn configuration_of_any_name_and_form_counts_before_and_after_dev() {
    let root = tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    };
    let json = write("first.conf", "\n  {\"datacenter\": \"dc7\", \"client\": {\"meta\": {\"a\": \"1\"}}}");
    let hcl = write("second.json", "client {\n  meta {\n    b = \"2\"\n  }\n  node_class = \"big\"\n}\n");
    write("dir/a.hcl", "client {\n  meta {\n    c = \"3\"\n  }\n}\n");
    write("dir/b.json", r#"{"client": {"node_class": "bigger"}}"#);
    write("dir/ignored.txt", "this is no configuration");
    let dir = root.path().join("dir").to_string_lossy().into_owned();
    let args = ["--config", &json, "-dev", &format!("-config={hcl}"), "-config", &dir, "-node", "mine"];
    let agent = called_nomad(&root, "configs", &args).start();
    wait_nodes(&agent, 1);
    let config = &agent.get("/v1/agent/self")["config"];
    assert_eq!((&config["NodeName"], &config["Datacenter"]), (&"mine".into(), &"dc7".into()));
    assert_eq!(config["Client"]["NodeClass"], "bigger");
    assert_eq!(config["Client"]["Meta"], serde_json::json!({"a": "1", "b": "2", "c": "3"}));
}

#[test]
fn a_dev_agent_with_a_name_and_tokens_is_bootstrapped_by_its_user() {
    let root = tempdir().unwrap();
    let agent = called_nomad(&root, "tokens", &["-dev", "-node", "pynomad1", "--acl-enabled"]).start();
    assert!(agent.try_get("/v1/jobs").unwrap_err().contains("Permission denied"));
    let (status, token) = agent.put("/v1/acl/bootstrap", &serde_json::json!({})).unwrap();
    assert_eq!(status, 200, "{token}");
    let token: serde_json::Value = serde_json::from_str(&token).unwrap();
    let flag = format!("-token={}", token["SecretID"].as_str().unwrap());
    eventually("the node being ready", LIMIT, || {
        let nodes = agent.cli(&["node", "status", &flag]).ok();
        if nodes.contains("pynomad1") && nodes.contains("ready") { Ok(()) } else { Err(nodes) }
    });
}

/// Ends by SIGKILL only.
const DEAF: &str = "trap '' INT TERM; echo deaf; while :; do sleep 1000; done";

#[test]
fn an_interrupted_agent_leaves_no_process_directory_or_mount() {
    let root = tempdir().unwrap();
    let mut agent = called_nomad(&root, "gone", &["-dev"]).start();
    wait_nodes(&agent, 1);
    // Tasks that do not want to end and are given long to think about it; two of them are being stopped already.
    let mut stubborn = shell_job("stubborn", "service", 2, DEAF);
    stubborn["TaskGroups"][0]["Tasks"][0]["KillTimeout"] = json!(30_000_000_000_u64);
    let mut stopped = stubborn.clone();
    stopped["ID"] = json!("stopped");
    let mut allocs = Vec::new();
    for job in [&stubborn, &stopped] {
        register(&agent, job);
        allocs.extend(wait_allocs(&agent, id(job), "running", 2));
    }
    agent.cli(&["job", "stop", "-detach", "-yes", "stopped"]).ok();
    for alloc in &allocs {
        eventually("the task being deaf", LIMIT, || {
            let out = agent.cli(&["alloc", "logs", id(alloc)]).stdout;
            (out == "deaf\n").then_some(()).ok_or(out)
        });
    }
    let dir = agent.options.dir.clone();
    let scratch = |dir: &std::path::Path| -> Vec<String> {
        let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("muster-dev-")).collect()
    };
    assert_eq!(scratch(&dir).len(), 1);
    let asked = Instant::now();
    assert_eq!(agent.interrupt(), Some(1));
    // Far below what the tasks were promised, and far above what a busy machine makes of the five seconds.
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
    assert_eq!(scratch(&dir), Vec::<String>::new());
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains(&*dir.to_string_lossy()), "{mounts}");
    eventually("every process of the task being gone", Duration::from_secs(10), || {
        let named = |entry: std::io::Result<fs::DirEntry>| {
            let environment = fs::read(entry.ok()?.path().join("environ")).ok()?;
            let environment = String::from_utf8_lossy(&environment).into_owned();
            let theirs = |alloc| environment.contains(&format!("NOMAD_ALLOC_ID={}", id(alloc)));
            allocs.iter().any(theirs).then_some(())
        };
        match fs::read_dir("/proc").unwrap().filter_map(named).count() {
            0 => Ok(()),
            count => Err(format!("{count} processes are left")),
        }
    });
}

#[test]
fn whoever_leaves_gracefully_ends_well() {
    let root = tempdir().unwrap();
    let mut options = called_nomad(&root, "leaves", &["-dev"]);
    options.config = "leave_on_interrupt = true\n".to_owned();
    assert_eq!(options.start().interrupt(), Some(0));
}

#[test]
fn the_log_level_is_read_again_on_demand() {
    let root = tempdir().unwrap();
    let mut options = called_nomad(&root, "reload", &["-dev"]);
    let file = root.path().join("level.hcl");
    let set = |level: &str| fs::write(&file, format!("log_level = \"{level}\"\n")).unwrap();
    set("ERROR");
    options.args.push(format!("-config={}", file.display()));
    options.env.push(("MUSTER_LOG".to_owned(), String::new()));
    let agent = options.start();
    set("INFO");
    signal(&agent, Signal::HUP);
    eventually("the new level being told", LIMIT, || {
        let output = agent.output();
        output.contains("configuration read again: log_level=info").then_some(()).ok_or(output)
    });
    set("loud");
    let (status, text) = agent.put("/v1/agent/reload", &serde_json::json!({})).unwrap();
    assert_eq!(status, 500);
    assert!(text.contains("log level `loud` is unknown"), "{text}");
    set("DEBUG");
    assert_eq!(agent.put("/v1/agent/reload", &serde_json::json!({})).unwrap().0, 200);
    assert_eq!(agent.get("/v1/agent/health")["server"]["ok"], true, "a bad configuration ends nothing");
}

#[test]
fn the_log_goes_where_the_configuration_says() {
    let root = tempdir().unwrap();
    let mut options = called_nomad(&root, "logs", &["-dev", "-log-json"]);
    let dir = options.dir.join("log");
    options.config = format!("log_file = \"{}/\"\n", dir.display());
    let agent = options.start();
    let log = fs::read_to_string(dir.join("nomad.log")).unwrap();
    let first: serde_json::Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert!(first["@message"].is_string() && first["@timestamp"].is_string(), "{first}");
    assert!(agent.output().contains("\"@level\":\"info\""));
}

#[test]
fn what_was_logged_is_exported_from_the_file_or_the_journal() {
    let root = tempdir().unwrap();
    // Stands for the machine's journal: says what it was asked, and goes on where it is to follow.
    let bin = root.path().join("bin");
    fs::create_dir_all(&bin).unwrap();
    let script = "#!/bin/sh\necho asked: \"$@\"; env | grep -c SECRET\ncase \"$*\" in *--follow*) echo follows; exec sleep 1000;; *broken*) echo no journal >&2; exit 1;; esac\n";
    fs::write(bin.join("journalctl"), script).unwrap();
    fs::set_permissions(bin.join("journalctl"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let paths = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());

    let server = common::as_nomad(&root, "server").server();
    let mut client = common::as_nomad(&root, "client").client(server.rpc_port, "");
    client.config += &format!("log_file = \"{}/\"\n", client.dir.join("log").display());
    client.env = vec![("PATH".to_owned(), paths), ("SECRET".to_owned(), "agent".to_owned())];
    let (server, client) = (server.start(), client.start());
    wait_nodes(&server, 1);
    let nodes = server.get("/v1/nodes");
    let node = id(&nodes[0]);

    // Through the server, and from the agent itself.
    for (agent, target) in [(&server, vec!["-node-id", &node[..8]]), (&client, vec![])] {
        let export = |flags: &[&str]| {
            let args: Vec<&str> = ["monitor", "export"].iter().chain(&target).chain(flags).copied().collect();
            agent.cli(&args)
        };
        let out = export(&["-on-disk"]).ok();
        assert!(out.contains("registered: "), "{out}");
        let out = export(&["-service-name=nomad-client", "-logs-since", "30m"]).ok();
        assert!(out.starts_with("asked: --no-pager --quiet --unit=nomad-client --since=@"), "{out}");
        assert!(out.ends_with("\n0\n"), "nothing of the agent's environment: {out}");
        for (flags, wanted) in [
            (vec![], "say what to export"),
            (vec!["-on-disk", "-follow"], "`follow` needs `service_name`"),
            (vec!["-on-disk", "-service-name=nomad"], "exclude each other"),
            (vec!["-service-name=sshd"], "is no service of this agent"),
            (vec!["-service-name=nomad", "-logs-since=soon"], "is no duration"),
        ] {
            let refused = export(&flags);
            let text = format!("{}{}", refused.stdout, refused.stderr);
            assert!(refused.code == 1 && text.contains(wanted), "{flags:?}: {text}");
        }
        // What began breaks off, so that a part is not taken for the whole.
        assert_eq!(export(&["-service-name=nomad-broken"]).code, 1);
    }
    let refused = server.cli(&["monitor", "export", "-on-disk"]);
    assert!(refused.code == 1 && refused.stderr.contains("writes no log file"), "{}", refused.stderr);

    // Whoever follows sees what is there at once; the journal's reader ends when they leave.
    let query = format!("service_name=nomad&follow=true&plain=true&node_id={node}");
    let (status, mut body) = common::open(&server, &format!("/v1/agent/monitor/export?{query}"));
    let mut seen = String::new();
    while !seen.contains("follows\n") {
        let mut piece = [0; 256];
        let length = std::io::Read::read(&mut body, &mut piece).unwrap();
        assert!(status == 200 && length > 0, "{seen}");
        seen.push_str(&String::from_utf8_lossy(&piece[..length]));
    }
    let readers = || {
        let parent = |entry: &fs::DirEntry| fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let ours = format!(" {} ", client.pid());
        let of = |entry: std::io::Result<fs::DirEntry>| {
            let entry = entry.ok()?;
            let name = fs::read_to_string(entry.path().join("comm")).ok()?;
            (name == "sleep\n" && parent(&entry).contains(&ours)).then_some(())
        };
        fs::read_dir("/proc").unwrap().filter_map(of).count()
    };
    eventually("the journal's reader", LIMIT, || match readers() {
        1 => Ok(()),
        count => Err(format!("{count} readers")),
    });
    drop(body);
    eventually("the journal's reader being gone", LIMIT, || match readers() {
        0 => Ok(()),
        left => Err(format!("{left} readers")),
    });
}

#[test]
fn flags_that_cannot_be_honoured_stop_the_start_and_say_why() {
    let root = tempdir().unwrap();
    for (flag, why) in [
        ("-consul-address=127.0.0.1:8500", "Consul is not integrated"),
        ("-dev-connect", "service mesh is not in this version"),
        ("-vault-enabled", "Vault is not integrated"),
    ] {
        let mut agent = called_nomad(&root, "flags", &["-dev", flag]).spawn();
        assert_eq!(agent.wait_exit(), Some(1), "{flag}");
        assert!(agent.output().contains(why), "{flag}: {}", agent.output());
    }
}
