//! A task's log on its way to readers: what the supervisor takes, and what the API gives, in MB/s.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use muster_testkit::{Agent, AgentOptions, eventually};
use serde_json::{Value, json};

use crate::agent::binary;
use crate::figures;

const MEGABYTES: u64 = 300;
const GOAL: f64 = 500.0;
const PATIENCE: Duration = Duration::from_secs(120);

pub fn run() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("source");
    lines(&source);
    let mut options = AgentOptions::new(&binary(), root.path(), "dev");
    options.args = vec!["-dev".to_owned()];
    let agent = options.start();
    eventually("the node being ready", PATIENCE, || {
        let nodes = agent.try_get("/v1/nodes")?;
        (nodes[0]["Status"] == "ready").then_some(()).ok_or_else(|| nodes.to_string())
    });
    let pipe = rate(|| pipe_to_file(&source, &root.path().join("copy")));
    let written = rate(|| task(&agent, "written", &source, false));
    report("a task's log written", written, pipe);
    let measured = |what: &str, work: &dyn Fn()| {
        let before = figures::cpu_time_of(agent.pid());
        let rate = rate(work);
        let used = figures::cpu_time_of(agent.pid()).saturating_sub(before);
        report(what, rate, pipe);
        let most = MEGABYTES as f64 / used.as_secs_f64().max(0.01);
        println!("  the agent used {:.2} CPU-seconds of it: {most:.0} MB/s of one core", used.as_secs_f64());
    };
    let plain = format!("{}&plain=true", logs(&agent, "written"));
    measured("log read, plain", &|| read(&agent, &plain));
    let framed = logs(&agent, "written");
    measured("log read, frames", &|| read(&agent, &framed));
    measured("log read, alloc logs", &|| command(&agent, "written"));
    measured("log written and followed, plain", &|| task(&agent, "followed", &source, true));
}

fn report(what: &str, rate: f64, pipe: f64) {
    figures::rate(&format!("{what} (MB)"), rate, Some(GOAL), Some(("cat | cat > file", pipe)));
}

/// Megabytes of log a second.
fn rate(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    MEGABYTES as f64 / started.elapsed().as_secs_f64()
}

fn lines(path: &Path) {
    let mut file = io::BufWriter::new(File::create(path).unwrap());
    let line = [&[b'x'; 99][..], b"\n"].concat();
    for _ in 0..MEGABYTES * 10_000 {
        file.write_all(&line).unwrap();
    }
    file.flush().unwrap();
}

/// What any program would do that keeps another's output.
fn pipe_to_file(source: &Path, target: &Path) {
    let mut first = Command::new("cat").arg(source).stdout(Stdio::piped()).spawn().unwrap();
    let out = File::create(target).unwrap();
    let mut second = Command::new("cat").stdin(first.stdout.take().unwrap()).stdout(out).spawn().unwrap();
    assert!(first.wait().unwrap().success() && second.wait().unwrap().success());
}

/// Lets a task print the source; returns when it has ended, or with `follow` when all of it has arrived.
fn task(agent: &Agent, id: &str, source: &Path, follow: bool) {
    let script = format!("cat {}", source.display());
    let job = json!({
        "ID": id, "Name": id, "Type": "batch", "Datacenters": ["*"],
        "TaskGroups": [{
            "Name": "main", "Count": 1, "EphemeralDisk": {"SizeMB": MEGABYTES * 2},
            "Tasks": [{
                "Name": "main", "Driver": "raw_exec",
                "Config": {"command": "/bin/sh", "args": ["-c", script]},
                "Resources": {"CPU": 10, "MemoryMB": 10},
                "LogConfig": {"MaxFiles": MEGABYTES / 10 + 2, "MaxFileSizeMB": 10},
            }],
        }],
    });
    let (status, text) = agent.put("/v1/jobs", &json!({"Job": job})).unwrap();
    assert_eq!(status, 200, "{text}");
    if follow {
        let path = eventually("the task running", PATIENCE, || {
            let path = logs(agent, id);
            agent.try_get(&path.replace("/logs/", "/ls/")).map(|_| path)
        });
        let path = format!("{path}&plain=true&follow=true");
        eventually("the log being there", PATIENCE, || opened(agent, &path).map(drop));
        read(agent, &path);
    } else {
        eventually("the task having ended", PATIENCE, || {
            let alloc = alloc(agent, id).ok_or("no allocation")?;
            (alloc["ClientStatus"] == "complete").then_some(()).ok_or_else(|| alloc.to_string())
        });
    }
}

fn alloc(agent: &Agent, job: &str) -> Option<Value> {
    agent.get(&format!("/v1/job/{job}/allocations")).get(0).cloned()
}

fn logs(agent: &Agent, job: &str) -> String {
    let alloc = alloc(agent, job).unwrap_or_default();
    format!("/v1/client/fs/logs/{}?task=main&type=stdout", alloc["ID"].as_str().unwrap_or_default())
}

fn opened(agent: &Agent, path: &str) -> Result<impl Read, String> {
    let response = ureq::get(&format!("{}{path}", agent.address())).call().map_err(|e| e.to_string())?;
    Ok(response.into_body().into_reader())
}

fn read(agent: &Agent, path: &str) {
    let mut body = opened(agent, path).unwrap();
    let mut buffer = vec![0; 1 << 18];
    let mut total = 0;
    loop {
        match body.read(&mut buffer).unwrap() {
            0 => break,
            count => total += count as u64,
        }
    }
    assert!(total >= MEGABYTES * 1_000_000, "{total} bytes");
}

fn command(agent: &Agent, job: &str) {
    let alloc = alloc(agent, job).unwrap();
    let mut command = Command::new(binary())
        .args(["alloc", "logs", alloc["ID"].as_str().unwrap()])
        .env("NOMAD_ADDR", agent.address())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let copied = io::copy(&mut command.stdout.take().unwrap(), &mut io::sink()).unwrap();
    assert!(command.wait().unwrap().success() && copied == MEGABYTES * 1_000_000);
}
