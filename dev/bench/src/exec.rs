//! Bytes through a command beside a task, by the real command line, beside the same bytes through a pipe.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use muster_testkit::{AgentOptions, eventually};

use crate::agent::{binary, submit};
use crate::figures;

const BYTES: usize = 256 << 20;

pub fn run() {
    let root = tempfile::tempdir().unwrap();
    let mut options = AgentOptions::new(&binary(), root.path(), "dev");
    options.args = vec!["-dev".to_owned()];
    let agent = options.start();
    submit(&agent, "lasting", 1);
    let alloc = eventually("the task running", Duration::from_secs(20), || {
        let allocs = agent.get("/v1/job/lasting/allocations");
        let alloc = &allocs[0];
        let running = alloc["ClientStatus"] == "running";
        running.then(|| alloc["ID"].as_str().unwrap().to_owned()).ok_or_else(|| allocs.to_string())
    });
    let head = format!("head -c {BYTES} /dev/zero");
    let exec = |script: &str| {
        let mut command = Command::new(binary());
        command.args(["alloc", "exec", &alloc, "sh", "-c", script]).env("NOMAD_ADDR", agent.address());
        command
    };
    let shell = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    };
    let pipe = output(shell(&format!("{head} | cat")));
    figures::rate("MiB of output", output(exec(&head)), None, Some(("a pipe", pipe)));
    let pipe = input(shell("cat > /dev/null"));
    figures::rate("MiB of input", input(exec("cat > /dev/null")), None, Some(("a pipe", pipe)));
}

/// MiB a second that a command prints.
fn output(mut command: Command) -> f64 {
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdout, mut buffer, mut seen) = (child.stdout.take().unwrap(), vec![0; 1 << 16], 0);
    loop {
        match stdout.read(&mut buffer).unwrap() {
            0 => break,
            count => seen += count,
        }
    }
    assert!(child.wait().unwrap().success() && seen == BYTES, "{seen} bytes came of {BYTES}");
    per_second(started)
}

/// MiB a second that a command reads.
fn input(mut command: Command) -> f64 {
    let started = Instant::now();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let (mut stdin, piece) = (child.stdin.take().unwrap(), vec![0; 1 << 16]);
    for _ in 0..BYTES / piece.len() {
        stdin.write_all(&piece).unwrap();
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
    per_second(started)
}

fn per_second(started: Instant) -> f64 {
    (BYTES >> 20) as f64 / started.elapsed().as_secs_f64()
}
