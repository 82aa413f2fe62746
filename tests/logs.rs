//! Logs at volume, over rotation, followed, and read by readers that are slow or vanish.
//!
//! `MUSTER_LOG_MB` sets how much the first test writes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{dev_agent, id, open, register, shell_job, wait_allocs, wait_file};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use tempfile::tempdir;

/// A job whose log keeps `files` of `megabytes` each.
fn talker(name: &str, kind: &str, script: &str, files: u64, megabytes: u64) -> Value {
    let mut job = shell_job(name, kind, 1, script);
    let group = &mut job["TaskGroups"][0];
    group["EphemeralDisk"]["SizeMB"] = json!(files * megabytes + 10);
    group["Tasks"][0]["LogConfig"] = json!({"MaxFiles": files, "MaxFileSizeMB": megabytes});
    job
}

fn logs(alloc: &Value, query: &str) -> String {
    format!("/v1/client/fs/logs/{}?task=main&type=stdout&{query}", id(alloc))
}

/// Compares two streams to their ends.
fn assert_same(mut got: impl Read, mut want: impl Read) -> usize {
    let (mut left, mut right) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut position = 0;
    loop {
        let count = got.read(&mut left).unwrap();
        if count == 0 {
            assert_eq!(want.read(&mut right).unwrap(), 0, "the end is missing after {position} bytes");
            return position;
        }
        want.read_exact(&mut right[..count]).unwrap();
        assert!(left[..count] == right[..count], "differs within {count} bytes after {position}");
        position += count;
    }
}

/// What `seq` prints.
struct Seq(std::process::Child);

fn seq(last: usize) -> Seq {
    Seq(Command::new("seq").arg(last.to_string()).stdout(Stdio::piped()).spawn().unwrap())
}

/// How much that is.
fn printed_bytes(last: usize) -> u64 {
    let longer_than = |digits: u32| last as u64 - last.min(10_usize.pow(digits) - 1) as u64;
    let digits = last.ilog10() + 1;
    // A line end each, and a digit for each power of ten that the number has reached.
    (0..digits).map(longer_than).sum::<u64>() + last as u64
}

impl Read for Seq {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.stdout.as_mut().unwrap().read(buffer)
    }
}

impl Drop for Seq {
    fn drop(&mut self) {
        let _ended = (self.0.kill(), self.0.wait());
    }
}

#[test]
fn every_byte_arrives_once_and_in_order_and_following_ends_with_the_task() {
    let megabytes: usize = std::env::var("MUSTER_LOG_MB").map_or(40, |text| text.parse().unwrap());
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    // Lines of mostly eight bytes; the task begins when both followers are there.
    let last = megabytes * (1 << 20) / 8;
    // The log keeps all of it: numbers grow longer, and a file ends with its last whole line.
    let files = printed_bytes(last) / (4 << 20) + 2;
    let script =
        format!("touch local/up; until [ -e local/go ]; do sleep 0.02; done; seq {last}; echo the end >&2");
    register(&agent, &talker("talker", "batch", &script, files, 4));
    let alloc = wait_allocs(&agent, "talker", "running", 1).remove(0);
    wait_file(&agent, id(&alloc), "main/local/up");
    let started = std::time::Instant::now();
    std::thread::scope(|scope| {
        let plain = scope.spawn(|| {
            let (status, body) = open(&agent, &logs(&alloc, "plain=true&follow=true"));
            assert_eq!(status, 200);
            assert_same(body, seq(last))
        });
        let framed = scope.spawn(|| {
            let mut command = Command::new(&agent.options.binary)
                .args(["alloc", "logs", "-f", "-stdout", id(&alloc)])
                .env("NOMAD_ADDR", agent.address())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let count = assert_same(command.stdout.take().unwrap(), seq(last));
            assert!(command.wait().unwrap().success());
            count
        });
        let dir = alloc_dir(&agent, &alloc);
        std::fs::write(dir.join("main/local/go"), "").unwrap();
        let (plain, framed) = (plain.join().unwrap(), framed.join().unwrap());
        assert_eq!(plain, framed);
        let rate = plain as f64 / started.elapsed().as_secs_f64() / 1e6;
        println!("{plain} bytes to each of two followers, {rate:.0} MB/s each");
    });
    wait_allocs(&agent, "talker", "complete", 1);
    let (_, whole) = open(&agent, &logs(&alloc, "plain=true"));
    assert_same(whole, seq(last));
    assert_eq!(agent.cli(&["logs", "-tail", "-n", "2", id(&alloc)]).ok(), format!("{}\n{last}\n", last - 1));
    assert_eq!(agent.cli(&["logs", "-stderr", "-f", id(&alloc)]).ok(), "the end\n");
}

fn alloc_dir(agent: &Agent, alloc: &Value) -> std::path::PathBuf {
    let mut found = Vec::new();
    find(&agent.options.dir, id(alloc), &mut found);
    found.into_iter().find(|dir| dir.join("alloc/logs").is_dir()).unwrap()
}

fn find(dir: &std::path::Path, name: &str, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_name() == name {
            found.push(entry.path());
        } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            find(&entry.path(), name, found);
        }
    }
}

#[test]
fn a_follower_that_keeps_up_loses_nothing_to_removed_files() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    // Twelve rounds through a log that keeps two files of a megabyte; each waits until the one before has arrived.
    let script = "n=0; while [ $n -lt 12 ]; do touch local/up; \
                  until [ -e local/go.$n ]; do sleep 0.01; done; seq $((n*90000+1)) $((n*90000+90000)); n=$((n+1)); done";
    register(&agent, &talker("paced", "batch", script, 2, 1));
    let alloc = wait_allocs(&agent, "paced", "running", 1).remove(0);
    wait_file(&agent, id(&alloc), "main/local/up");
    let dir = alloc_dir(&agent, &alloc);
    let (_, mut body) = open(&agent, &logs(&alloc, "plain=true&follow=true"));
    let mut want = seq(12 * 90_000);
    for round in 0..12_usize {
        std::fs::write(dir.join(format!("main/local/go.{round}")), "").unwrap();
        let length =
            (round * 90_000 + 1..=(round + 1) * 90_000).map(|n| n.to_string().len() + 1).sum::<usize>();
        let (mut got, mut expected) = (vec![0; length], vec![0; length]);
        body.read_exact(&mut got).unwrap();
        want.read_exact(&mut expected).unwrap();
        assert!(got == expected, "round {round}");
    }
    assert_eq!(body.read(&mut [0]).unwrap(), 0, "the end of the task ends it");
    assert!(!dir.join("alloc/logs/main.stdout.0").exists(), "files were rotated away meanwhile");
}

/// Resident memory of a process.
fn rss_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_slow_reader_costs_no_memory_and_is_told_what_it_lost() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let last = 8_000_000_usize;
    let script = format!("seq 9; until [ -e local/go ]; do sleep 0.02; done; seq 10 {last}");
    register(&agent, &talker("fast", "batch", &script, 2, 1));
    let alloc = wait_allocs(&agent, "fast", "running", 1).remove(0);
    wait_file(&agent, id(&alloc), "alloc/logs/main.stdout.0");
    let (_, mut plain) = open(&agent, &logs(&alloc, "follow=true&plain=true"));
    let mut command = Command::new(&agent.options.binary)
        .args(["alloc", "logs", "-f", "-stdout", id(&alloc)])
        .env("NOMAD_ADDR", agent.address())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut framed = command.stdout.take().unwrap();
    let (mut head, mut got) = ([0; 18], vec![0; 18]);
    framed.read_exact(&mut head).unwrap();
    plain.read_exact(&mut got).unwrap();
    assert_eq!((&head[..], &got[..]), (&b"1\n2\n3\n4\n5\n6\n7\n8\n9\n"[..], &head[..]));
    let before = rss_kib(agent.pid());
    std::fs::write(alloc_dir(&agent, &alloc).join("main/local/go"), "").unwrap();
    wait_allocs(&agent, "fast", "complete", 1);
    // 62 MB were written, 4 MB of frames and windows are on their way at most.
    let grown = rss_kib(agent.pid()).saturating_sub(before);
    assert!(grown < 40_000, "{grown} KiB more");

    // The plain answer breaks off at the gap.
    assert!(plain.read_to_end(&mut got).is_err());
    assert_same(&got[..], seq(last).take(got.len() as u64));
    // Frames go on behind it, and say that it is there. Files end between lines, so no line is a mixture of two.
    let output = drain(framed, command);
    let mut lines = output.0.lines().map(|line| line.parse::<usize>().unwrap());
    let mut newest = 9;
    assert!(lines.all(|line| std::mem::replace(&mut newest, line) < line), "in order");
    assert_eq!(newest, last, "to the end");
    assert!(output.1.contains("file deleted: alloc/logs/main.stdout."), "{}", output.1);
}

/// The rest of a command's output, and what it said on standard error.
fn drain(mut stdout: impl Read, command: std::process::Child) -> (String, String) {
    let mut text = String::new();
    stdout.read_to_string(&mut text).unwrap();
    let output = command.wait_with_output().unwrap();
    assert!(output.status.success());
    (text, String::from_utf8(output.stderr).unwrap())
}

#[test]
fn readers_that_vanish_make_room_at_once() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &shell_job("quiet", "service", 1, "echo hello; exec sleep 1000"));
    let alloc = wait_allocs(&agent, "quiet", "running", 1).remove(0);
    eventually("the first line", Duration::from_secs(20), || {
        let log = agent.cli(&["logs", id(&alloc)]);
        (log.stdout == "hello\n").then_some(()).ok_or_else(|| format!("{log:?}"))
    });
    let readers: Vec<_> = (0..64).map(|_| open(&agent, &logs(&alloc, "follow=true&plain=true"))).collect();
    assert!(readers.iter().all(|(status, _)| *status == 200));
    let (status, text) = common::get_text(&agent, &logs(&alloc, "follow=true"));
    assert!(status == 429 && text.contains("too many"), "{status} {text}");
    // Calls are not held up by readers.
    assert_eq!(agent.cli(&["alloc", "fs", "-stat", id(&alloc), "main/local"]).code, 0);
    drop(readers);
    eventually("room for a reader", Duration::from_secs(10), || {
        let (status, mut body) = open(&agent, &logs(&alloc, "follow=true&plain=true"));
        let mut line = [0; 6];
        if status == 200 {
            body.read_exact(&mut line).unwrap();
        }
        (line == *b"hello\n").then_some(()).ok_or_else(|| status.to_string())
    });
}
