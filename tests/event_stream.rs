//! The event stream through the real binary: nothing missed and nothing twice while others write, over restarts and
//! through a client agent; readers that do not read; `operator api`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use common::{LIMIT, dev_agent, open, options, register, shell_job};
use muster_testkit::{Agent, eventually};
use serde_json::{Value, json};
use tempfile::tempdir;

/// What happened to what, at which index.
type Told = Vec<(u64, String, String, String)>;

fn lines(reader: impl Read) -> impl Iterator<Item = Value> {
    BufReader::new(reader).lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap())
}

/// The events of a line. Fails for one that ends the stream or tells of a gap.
fn told(line: &Value) -> Told {
    assert!(line["Error"].is_null() && line["Gap"].is_null(), "{line}");
    let text = |event: &Value, member: &str| event[member].as_str().unwrap().to_owned();
    let events = line["Events"].as_array().into_iter().flatten();
    events
        .map(|event| {
            assert_eq!(event["Index"], line["Index"]);
            let index = event["Index"].as_u64().unwrap();
            (index, text(event, "Topic"), text(event, "Type"), text(event, "Key"))
        })
        .collect()
}

/// Reads a stream until a job is registered.
fn read_until(agent: &Agent, query: &str, last: &str) -> Told {
    let (status, reader) = open(agent, &format!("/v1/event/stream?{query}"));
    assert_eq!(status, 200);
    let mut all = Told::new();
    for line in lines(reader) {
        let events = told(&line);
        let end = events.iter().any(|(_, topic, _, key)| topic == "Job" && key == last);
        all.extend(events);
        if end {
            return all;
        }
    }
    panic!("the stream ended before {last}");
}

/// Registers jobs of no allocations from several connections at once; the indexes they got.
fn register_many(agent: &Agent, name: &str, count: usize) -> BTreeSet<(u64, String)> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut made = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return made;
            }
            let id = format!("{name}-{number}");
            let answer = register(agent, &shell_job(&id, "service", 0, "true"));
            made.push((answer["JobModifyIndex"].as_u64().unwrap(), id));
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..8).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

fn registrations(told: &Told) -> Vec<(u64, String)> {
    let own = told.iter().filter(|(_, topic, kind, _)| topic == "Job" && kind == "JobRegistered");
    own.map(|(index, _, _, key)| (*index, key.clone())).collect()
}

fn assert_in_order_and_once(told: &Told) {
    assert!(told.is_sorted_by_key(|(index, ..)| *index), "in the order of the log");
    let once: BTreeSet<_> = told.iter().collect();
    assert_eq!(once.len(), told.len(), "something was told twice");
}

#[test]
fn ten_thousand_events_are_followed_and_resumed_without_gap_or_duplicate() {
    const JOBS: usize = 2700;
    let root = tempdir().unwrap();
    let mut server = options(&root, "server").server();
    server.config =
        server.config.replace("bootstrap_expect", "event_buffer_size = 20000\n  bootstrap_expect");
    let mut agent = server.start();
    let (made, followed) = thread::scope(|scope| {
        let follower = scope.spawn(|| read_until(&agent, "index=1", "last"));
        let made = register_many(&agent, "job", JOBS);
        common::wait_evals(&agent);
        register(&agent, &shell_job("last", "service", 0, "true"));
        (made, follower.join().unwrap())
    });
    assert!(followed.len() > 10_000, "{} events", followed.len());
    assert_in_order_and_once(&followed);
    let heard: BTreeSet<_> = registrations(&followed).into_iter().filter(|(_, id)| id != "last").collect();
    assert_eq!(heard, made, "every registration, at the index that was answered");

    let whole = read_until(&agent, "index=1", "last");
    assert!(whole == followed, "a second reader is told the same");
    // From the middle on, in several steps, each where the one before stopped.
    let middle = followed[followed.len() / 2].0;
    let rest: Told = followed.iter().filter(|(index, ..)| *index >= middle).cloned().collect();
    assert!(read_until(&agent, &format!("index={middle}"), "last") == rest);
    let only: Told = rest.iter().filter(|(_, topic, ..)| topic == "Evaluation").cloned().collect();
    let mut evals = read_until(&agent, &format!("topic=Evaluation&topic=Job:last&index={middle}"), "last");
    evals.retain(|(_, topic, ..)| topic == "Evaluation");
    assert!(!only.is_empty() && evals == only[..evals.len()] && only.len() - evals.len() <= 1);

    agent.kill();
    agent.restart();
    assert!(read_until(&agent, "index=1", "last") == whole, "the log tells again what it told before");
}

#[test]
fn a_reader_that_does_not_read_is_let_go_with_a_last_line() {
    let root = tempdir().unwrap();
    let mut server = options(&root, "server").server();
    server.config = server.config.replace("bootstrap_expect", "event_buffer_size = 20\n  bootstrap_expect");
    let agent = server.start();
    let (_, slow) = open(&agent, "/v1/event/stream?topic=Job");
    let mut big = shell_job("big", "service", 0, "true");
    for number in 0..80 {
        // More than what sockets hold on the way.
        big["Meta"] = json!({"number": number.to_string(), "text": "x".repeat(300_000)});
        register(&agent, &big);
    }
    let all: Vec<Value> = lines(slow).collect();
    assert!(all.len() < 70, "{} lines were kept for it", all.len());
    let last = all.last().unwrap();
    let why = last["Error"].as_str().unwrap_or_else(|| panic!("{} lines without a last word", all.len()));
    assert!(why.starts_with("the subscriber fell behind"), "{why}");
    let next = last["Index"].as_u64().unwrap() + 1;
    let (_, again) = open(&agent, &format!("/v1/event/stream?topic=Job&index={next}"));
    let gap = lines(again).nth(1).unwrap();
    assert_eq!(gap["Gap"]["From"], next, "whoever comes back is told what is missing");
}

#[test]
fn a_client_agent_passes_the_stream_on_and_so_does_the_command_line() {
    let root = tempdir().unwrap();
    let server = options(&root, "server").server().start();
    let client = options(&root, "client").client(server.options.rpc_port, "").start();
    common::wait_nodes(&server, 1);
    let mut printed = Command::new(&client.options.binary)
        .args(["operator", "api", "/v1/event/stream?topic=Allocation"])
        .env("NOMAD_ADDR", client.address())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut printed_lines = lines(printed.stdout.take().unwrap());
    assert_eq!(printed_lines.next(), Some(json!({})));
    let (status, forwarded) = open(&client, "/v1/event/stream?topic=Allocation&topic=Node");
    assert_eq!(status, 200);
    let mut forwarded = lines(forwarded);
    assert_eq!(forwarded.next(), Some(json!({})));
    register(&client, &shell_job("web", "service", 1, "exec sleep 1000"));
    for mut lines in [&mut forwarded as &mut dyn Iterator<Item = Value>, &mut printed_lines] {
        let placed = Iterator::find(&mut lines, |line| !told(line).is_empty()).unwrap();
        let event = &placed["Events"][0];
        assert_eq!((&event["Topic"], &event["Type"]), (&json!("Allocation"), &json!("PlanResult")));
        assert_eq!(event["Payload"]["Allocation"]["JobID"], "web");
        let runs = |line: &Value| line["Events"][0]["Payload"]["Allocation"]["ClientStatus"] == "running";
        assert_eq!(Iterator::find(&mut lines, runs).unwrap()["Events"][0]["Type"], "AllocationUpdated");
    }
    printed.kill().unwrap();
    printed.wait().unwrap();
    drop(forwarded);
    eventually("nobody following the stream", LIMIT, || {
        let metrics = server.try_get("/v1/metrics")?;
        let gauges = metrics["Gauges"].as_array().cloned().unwrap_or_default();
        let subscribers = gauges.iter().find(|gauge| gauge["Name"] == "muster.event_stream.subscribers");
        let value = subscribers.map(|gauge| gauge["Value"].clone());
        (value == Some(json!(0)) || value == Some(json!(0.0))).then_some(()).ok_or(format!("{value:?}"))
    });
}

#[test]
fn a_stream_is_cut_when_its_token_is_revoked() {
    let root = tempdir().unwrap();
    let mut secured = options(&root, "secured").server();
    secured.args = vec!["-acl-enabled".to_owned()];
    let agent = secured.start();
    let value = |output: &str, key: &str| {
        let line = output.lines().find(|line| line.split('=').next().unwrap().trim() == key).unwrap();
        line.split_once('=').unwrap().1.trim().to_owned()
    };
    let first = agent.cli(&["acl", "bootstrap"]).ok();
    let management = format!("-token={}", value(&first, "Secret ID"));
    let made = agent.cli(&["acl", "token", "create", "-type=management", &management]).ok();
    let (accessor, secret) = (value(&made, "Accessor ID"), value(&made, "Secret ID"));
    let client: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let stream = |token: &str| {
        let request = client.get(format!("{}/v1/event/stream?topic=Job", agent.address()));
        request.header("X-Nomad-Token", token).call().unwrap()
    };
    assert_eq!(stream("6b1d1f3a-0000-4000-8000-000000000000").status(), 403);
    let mut lines = lines(stream(&secret).into_body().into_reader());
    assert_eq!(lines.next(), Some(json!({})));
    agent.cli(&["acl", "token", "delete", &accessor, &management]).ok();
    let last = lines.next().unwrap();
    assert_eq!(last["Error"], "the token was revoked, has expired or lost its rights");
    assert_eq!(lines.next(), None);
    assert_eq!(stream(&secret).status(), 403);
}

#[test]
fn a_hundred_subscribers_hear_the_same() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let streams: Vec<_> =
        (0..100).map(|_| open(&agent, "/v1/event/stream?topic=Job:last&topic=Job:x-7").1).collect();
    register_many(&agent, "x", 20);
    register(&agent, &shell_job("last", "service", 0, "true"));
    let mut heard = streams.into_iter().map(|stream| {
        let lines = lines(stream).flat_map(|line| told(&line));
        let mut own = Told::new();
        for event in lines {
            let end = event.3 == "last";
            own.push(event);
            if end {
                break;
            }
        }
        own
    });
    let first = heard.next().unwrap();
    assert!(
        first.iter().any(|(.., key)| key == "x-7")
            && first.iter().all(|(.., key)| key == "x-7" || key == "last")
    );
    assert!(heard.all(|own| own == first));
}
