//! Questions and wishes about allocations, asked of a server and of a client agent that are two processes, by the command
//! line under the name of Nomad's and by plain HTTP.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::time::Duration;

use common::{as_nomad, get_text, id, register, shell_job, wait_allocs, wait_file, wait_nodes};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

const SCRIPT: &str = r#"
printf 'one\ntwo\nthree\n' > local/a.txt
mkdir local/dir; ln -s /etc local/out; ln -s ../secrets local/hidden; mkfifo local/fifo; ln -s /dev/zero local/zero
echo token > secrets/token
trap 'echo hup' HUP
echo to stdout; echo to stderr >&2
i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done
touch local/ready
while :; do sleep 0.05; done
"#;

struct Cluster {
    server: Agent,
    client: Agent,
    alloc: Value,
    _root: TempDir,
}

fn cluster() -> Cluster {
    let root = tempdir().unwrap();
    let server = as_nomad(&root, "server").server().start();
    let client = as_nomad(&root, "client").client(server.options.rpc_port, "").start();
    wait_nodes(&server, 1);
    register(&server, &shell_job("asked", "service", 1, SCRIPT));
    let alloc = wait_allocs(&server, "asked", "running", 1).remove(0);
    wait_file(&server, id(&alloc), "main/local/ready");
    Cluster { server, client, alloc, _root: root }
}

#[test]
fn files_are_listed_described_and_printed_and_nothing_else_is() {
    let Cluster { server, client, alloc, .. } = &cluster();
    let id = id(alloc);
    for agent in [server, client] {
        let fs = |args: &[&str]| agent.cli(&[&["alloc", "fs"], args].concat()).ok();
        let root = fs(&[&id[..8]]);
        assert!(
            root.starts_with("Mode") && root.contains("  alloc/\n") && root.contains("  main/\n"),
            "{root}"
        );
        assert_eq!(fs(&[id, "main/local/a.txt"]), "one\ntwo\nthree\n");
        assert_eq!(fs(&["-tail", "-n", "2", id, "main/local/a.txt"]), "two\nthree\n");
        assert_eq!(fs(&["-tail", "-c", "4", id, "main/local/a.txt"]), "ree\n");
        assert_eq!(agent.cli(&["fs", "-job", "asked", "main/local/a.txt"]).ok(), "one\ntwo\nthree\n");
        let stat = fs(&["-stat", "-H", id, "main/local/a.txt"]);
        assert!(
            stat.contains("Content Type") && stat.contains("  14  ") && stat.contains("text/plain"),
            "{stat}"
        );
        assert!(fs(&["-stat", id, "main/local/a.txt"]).contains("  14 B  "));
        let list = fs(&[id, "main/local"]);
        assert!(list.contains("prw-") && list.contains("  dir/\n") && list.contains("Lrwx"), "{list}");
        let missing = agent.cli(&["alloc", "fs", id, "main/nothing"]);
        assert_eq!(missing.code, 1);
        assert!(missing.stderr.contains("no such file or directory"), "{missing:?}");

        let ask = |kind: &str, query: &str| get_text(agent, &format!("/v1/client/fs/{kind}/{id}?{query}"));
        assert_eq!(ask("cat", "path=main/local/a.txt"), (200, "one\ntwo\nthree\n".to_owned()));
        assert_eq!(ask("readat", "path=main/local/a.txt&offset=4&limit=3"), (200, "two".to_owned()));
        assert_eq!(ask("readat", "path=main/local/a.txt&offset=8"), (200, "three\n".to_owned()));
        let frame = r#"{"Offset":14,"Data":"dGhyZWUK"}"#;
        let framed = ask("stream", "path=main/local/a.txt&origin=end&offset=6&follow=false");
        assert_eq!(framed, (200, frame.to_owned()));
        for (kind, query, status, text) in [
            ("stat", "", 400, "must provide a file name"),
            ("cat", "path=main/local/nothing", 404, "no such file or directory"),
            ("ls", "path=nothing", 404, "no such file or directory"),
            ("readat", "path=main/local/a.txt", 500, "error parsing offset"),
            ("readat", "path=main/local/a.txt&offset=x", 500, "error parsing offset"),
            ("stream", "path=main/local/a.txt&origin=middle", 400, "origin must be start or end"),
            ("cat", "path=main/local/dir", 400, "is a directory"),
            ("cat", "path=main/local/fifo", 400, "not a regular file"),
            ("cat", "path=main/secrets/token", 500, "Reading secret file prohibited: main/secrets/token"),
            ("stream", "path=main/local/hidden/token", 500, "Reading secret file prohibited"),
            ("cat", "path=main/local/out/passwd", 500, "Path escapes the alloc directory"),
            ("cat", "path=main/local/zero", 500, "Path escapes the alloc directory"),
            ("stat", "path=../../../../etc/passwd", 500, "Path escapes the alloc directory"),
            ("ls", "path=/main/../..", 500, "Path escapes the alloc directory"),
            ("logs", "type=stdout", 400, "must provide task name"),
            ("logs", "task=main", 400, "must provide log type (stdout/stderr)"),
            ("logs", "task=x&type=stdout", 400, "unknown task name \"x\""),
        ] {
            let (got, body) = ask(kind, query);
            assert!(got == status && body.contains(text), "{kind} {query}: {got} {body}");
        }
        let absent = "99999999-9999-4999-8999-999999999999";
        let unknown = get_text(agent, &format!("/v1/client/fs/ls/{absent}"));
        assert_eq!(unknown, (404, format!("Unknown allocation \"{absent}\"")));
    }
}

#[test]
fn usage_is_measured_of_tasks_and_of_the_node() {
    let Cluster { server, client, alloc, .. } = &cluster();
    let id = id(alloc);
    for agent in [server, client] {
        let usage = agent.get(&format!("/v1/client/allocation/{id}/stats"));
        let task = &usage["Tasks"]["main"];
        assert!(task["ResourceUsage"]["MemoryStats"]["RSS"].as_u64().unwrap() > 100_000, "{usage:#}");
        assert_eq!(task["ResourceUsage"]["MemoryStats"]["Measured"], json!(["RSS", "Swap"]));
        let pids = task["Pids"].as_object().unwrap();
        assert!(pids.keys().any(|pid| std::path::Path::new("/proc").join(pid).exists()), "{usage:#}");
        let one = agent.get(&format!("/v1/client/allocation/{id}/stats?task=main"));
        assert_eq!(one["Tasks"].as_object().unwrap().len(), 1);
        let status = agent.cli(&["alloc", "status", "-stats", id]).ok();
        assert!(status.contains("/10 MHz") && status.contains("/10 MiB"), "{status}");
        assert!(status.contains("Memory Stats") && status.contains("CPU Stats"), "{status}");
        let node = agent.cli(&["node", "status", "-stats", alloc["NodeID"].as_str().unwrap()]).ok();
        for text in ["Uptime", "Allocation Resource Utilization", "Host Resource Utilization", "Disk Stats"] {
            assert!(node.contains(text), "`{text}`: {node}");
        }
    }
    // A busy loop takes its share of one core, most of it outside the kernel.
    register(server, &shell_job("busy", "service", 1, "while :; do :; done"));
    let busy = wait_allocs(server, "busy", "running", 1).remove(0);
    eventually("the share of a busy loop", Duration::from_secs(20), || {
        let usage = server.try_get(&format!("/v1/client/allocation/{}/stats", common::id(&busy)))?;
        let cpu = &usage["Tasks"]["main"]["ResourceUsage"]["CpuStats"];
        let (user, percent) = (cpu["UserMode"].as_f64().unwrap(), cpu["Percent"].as_f64().unwrap());
        let plausible = user > 10.0 && percent <= 110.0 && cpu["TotalTicks"].as_f64().unwrap() > 0.0;
        plausible.then_some(()).ok_or_else(|| format!("{usage:#}"))
    });
    let host = client.get("/v1/client/stats");
    let cores = std::thread::available_parallelism().unwrap().get();
    assert!(host["CPU"].as_array().unwrap().len() >= cores, "{host:#}");
    assert!(host["CPUTicksConsumed"].as_f64().unwrap() > 0.0 && host["Uptime"].as_u64().unwrap() > 0);
    assert!(host["AllocDirStats"]["Available"].as_u64().unwrap() > 0, "{host:#}");
    let (status, text) = get_text(server, "/v1/client/stats");
    assert_eq!((status, text.as_str()), (400, "No local Node and node_id not provided"));
    assert!(server.get(&format!("/v1/client/stats?node_id={}", alloc["NodeID"].as_str().unwrap()))["Memory"]["Total"].as_u64().unwrap() > 0);
    let absent = "99999999-9999-4999-8999-999999999999";
    assert_eq!(get_text(server, &format!("/v1/client/stats?node_id={absent}")).0, 404);
}

#[test]
fn tasks_are_signalled_restarted_stopped_and_their_files_collected() {
    let Cluster { server, client, alloc, .. } = &cluster();
    let id = id(alloc);
    server.cli(&["alloc", "signal", "-s", "SIGHUP", id, "main"]).ok();
    eventually("the signal being heard", Duration::from_secs(20), || {
        let log = client.cli(&["alloc", "logs", id]);
        log.stdout.contains("hup").then_some(()).ok_or_else(|| format!("{log:?}"))
    });
    let (status, text) =
        server.put(&format!("/v1/client/allocation/{id}/signal"), &json!({"Signal": "SIGNONSENSE"})).unwrap();
    assert!(status == 500 && text.contains("SIGNONSENSE"), "{status} {text}");
    let unknown = server.cli(&["alloc", "signal", id, "nobody"]);
    assert!(unknown.code == 1 && unknown.stderr.contains("no task `nobody`"), "{unknown:?}");

    let restarts =
        |agent: &Agent| agent.get(&format!("/v1/allocation/{id}"))["TaskStates"]["main"]["Restarts"].clone();
    let restarted = |count: u64| {
        eventually(&format!("{count} restarts"), Duration::from_secs(30), || {
            let seen = restarts(server);
            (seen == count).then_some(()).ok_or_else(|| seen.to_string())
        });
        wait_allocs(server, "asked", "running", 1);
        eventually("the task running again", Duration::from_secs(20), || {
            let state = server.get(&format!("/v1/allocation/{id}"))["TaskStates"]["main"]["State"].clone();
            (state == "running").then_some(()).ok_or_else(|| state.to_string())
        });
    };
    assert_eq!(client.cli(&["alloc", "restart", "-task", "main", id]).ok(), "");
    restarted(1);
    server.cli(&["alloc", "restart", "-all-tasks", id]).ok();
    restarted(2);
    let both = server.cli(&["alloc", "restart", "-all-tasks", id, "main"]);
    assert!(
        both.code == 1 && both.stderr.contains("not allowed when restarting a specific task"),
        "{both:?}"
    );

    assert_eq!(server.cli(&["alloc", "checks", id]).ok(), "Status of 0 Nomad Service Checks\n");
    assert_eq!(server.get(&format!("/v1/allocation/{id}/services")), json!([]));
    assert_eq!(server.get(&format!("/v1/client/allocation/{id}/checks")), json!({}));

    let gc = format!("/v1/client/allocation/{id}/gc");
    let refusal = get_text(server, &gc);
    let expected = "No such allocation on client, or allocation not eligible for GC";
    assert_eq!(refusal, (500, expected.to_owned()));
    let stopped = server.cli(&["alloc", "stop", "-no-shutdown-delay", id]).ok();
    assert!(stopped.contains("finished with status \"complete\""), "{stopped}");
    eventually("the stopped allocation being collected", Duration::from_secs(30), || {
        let (status, text) = get_text(client, &gc);
        (status == 200).then_some(()).ok_or(text)
    });
    assert_eq!(get_text(server, &format!("/v1/client/fs/ls/{id}")).0, 404);
    let over = server.put(&format!("/v1/client/allocation/{id}/restart"), &json!({})).unwrap();
    assert!(over.0 == 404 || over.1.contains("Task not running"), "{over:?}");
    assert_eq!(get_text(client, "/v1/client/gc"), (200, String::new()));
    // Stopping one without watching prints its evaluation; its replacement runs.
    let replacement = wait_allocs(server, "asked", "running", 1).remove(0);
    let eval = server.cli(&["alloc", "stop", "-detach", common::id(&replacement)]).ok();
    assert_eq!(eval.trim().len(), 36, "{eval}");
}
