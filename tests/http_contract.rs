//! The reading side of the HTTP API, from the outside: filters, pages, compression, search, methods, the document.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{dev_agent, id, register, shell_job, wait_allocs, wait_evals};
use muster_testkit::Agent;
use serde_json::{Value, json};
use tempfile::tempdir;

/// Percent-encodes what a query cannot hold.
fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    text.bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| id(one).to_owned()).collect()
}

fn filtered(agent: &Agent, path: &str, filter: &str) -> Vec<String> {
    ids(&agent.get(&format!("{path}?filter={}", encoded(filter))))
}

/// One request as bytes, one answer as its head and body.
fn raw(agent: &Agent, method: &str, path: &str, headers: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(("127.0.0.1", agent.options.http_port)).unwrap();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n")
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
    (head, answer[end + 4..].to_vec())
}

/// The body of a chunked answer.
fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|window| window == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + 2 + size + 2..];
    }
}

/// A job that asks for nothing, so that a thousand of them can be registered in a moment.
fn idle(id: &str) -> Value {
    shell_job(id, "service", 0, "exit")
}

fn register_many(agent: &Agent, ids: &[String]) {
    std::thread::scope(|scope| {
        for share in ids.chunks(ids.len().div_ceil(4)) {
            scope.spawn(move || share.iter().for_each(|id| drop(register(agent, &idle(id)))));
        }
    });
}

#[test]
fn filters_choose_jobs_allocations_nodes_and_evaluations() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let mut web = shell_job("web", "service", 2, "exec sleep 1000");
    web["Meta"] = json!({"team": "ops", "cost-centre": "7"});
    register(&agent, &web);
    register(&agent, &shell_job("once", "batch", 1, "exit 0"));
    wait_allocs(&agent, "web", "running", 2);
    wait_allocs(&agent, "once", "complete", 1);
    wait_evals(&agent);

    assert_eq!(filtered(&agent, "/v1/jobs", r#"Type == "batch" and Status == dead"#), ["once"]);
    assert_eq!(filtered(&agent, "/v1/jobs", r#"Meta.team == ops and Meta["cost-centre"] == 7"#), ["web"]);
    assert_eq!(filtered(&agent, "/v1/jobs", r#"any TaskGroups as g { g.Count == 2 }"#), ["web"]);
    assert_eq!(filtered(&agent, "/v1/jobs", "Name matches `^(w|o)` and not (ID contains eb)"), ["once"]);
    assert_eq!(filtered(&agent, "/v1/allocations", "ClientStatus == running").len(), 2);
    assert_eq!(
        filtered(&agent, "/v1/allocations", r#"TaskStates.main.State == dead and JobID == once"#).len(),
        1
    );
    let node = filtered(&agent, "/v1/nodes", r#"Status == ready and raw_exec in Drivers"#).remove(0);
    assert_eq!(filtered(&agent, "/v1/nodes", r#"Attributes["kernel.name"] != linux"#), [""; 0]);
    assert_eq!(filtered(&agent, "/v1/node/pool/all/nodes", &format!("ID == {node:?}")), [node]);
    let evals = filtered(&agent, "/v1/evaluations", r#"JobID == web and TriggeredBy == "job-register""#);
    assert_eq!(evals.len(), 1);
    let count = agent.get(&format!("/v1/evaluations/count?filter={}", encoded("JobID == web")));
    assert!(count["Count"].as_u64().unwrap() >= 1);

    let refused = agent.try_get(&format!("/v1/jobs?filter={}", encoded("Status = running"))).unwrap_err();
    let expected =
        "failed to create result paginator: failed to read filter expression: 1:8 (7): no match found";
    assert!(refused.contains("400") && refused.contains(expected), "{refused}");
    let refused = agent.try_get(&format!("/v1/jobs?filter={}", encoded("Staatus == running"))).unwrap_err();
    assert!(refused.contains("couldn't find key: struct field with name \"Staatus\""), "{refused}");
}

#[test]
fn a_thousand_jobs_are_walked_without_gap_or_duplicate_while_more_come() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let first: Vec<String> = (0..1000).map(|number| format!("walk-{number:04}")).collect();
    register_many(&agent, &first);
    for reverse in ["", "&reverse=true"] {
        let walking = AtomicBool::new(true);
        std::thread::scope(|scope| {
            let (agent, walking) = (&agent, &walking);
            scope.spawn(move || {
                // Between those that are there, before them and behind them.
                let mut number = 0_u32;
                while walking.load(Ordering::Relaxed) {
                    register(agent, &idle(&format!("walk-{:04}-new{}", number * 37 % 1000, reverse.len())));
                    number += 1;
                }
            });
            let (mut seen, mut token) = (Vec::new(), String::new());
            loop {
                let path = format!("/v1/jobs?per_page=37&next_token={}{reverse}", encoded(&token));
                let mut response = ureq::get(&format!("{}{path}", agent.address())).call().unwrap();
                let page: Value =
                    serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap();
                assert!(page.as_array().unwrap().len() <= 37);
                seen.extend(ids(&page));
                match response.headers().get("x-nomad-nexttoken") {
                    Some(next) => token = next.to_str().unwrap().to_owned(),
                    None => break,
                }
            }
            walking.store(false, Ordering::Relaxed);
            let each: BTreeSet<&String> = seen.iter().collect();
            assert_eq!(each.len(), seen.len(), "nothing comes twice");
            assert!(first.iter().all(|id| each.contains(id)), "nothing is passed over");
            let mut sorted = seen.clone();
            sorted.sort();
            if !reverse.is_empty() {
                sorted.reverse();
            }
            assert_eq!(seen, sorted);
        });
    }
}

#[test]
fn long_answers_are_compressed_for_those_who_ask() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let names: Vec<String> = (0..400).map(|number| format!("packed-{number:03}")).collect();
    register_many(&agent, &names);
    wait_evals(&agent);
    let (head, plain) = raw(&agent, "GET", "/v1/jobs", "");
    assert!(head.contains("transfer-encoding: chunked") && !head.contains("content-encoding"), "{head}");
    let plain = unchunked(&plain);
    assert_eq!(serde_json::from_slice::<Value>(&plain).unwrap().as_array().unwrap().len(), 400);
    assert!(plain.len() > 128 * 1024, "longer than a piece: {}", plain.len());

    let (head, packed) = raw(&agent, "GET", "/v1/jobs", "Accept-Encoding: deflate, gzip\r\n");
    assert!(head.contains("content-encoding: gzip") && head.contains("vary: accept-encoding"), "{head}");
    let packed = unchunked(&packed);
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&*packed).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked == plain && packed.len() * 4 < plain.len(), "{} of {}", packed.len(), plain.len());

    let (head, _) = raw(&agent, "GET", "/v1/jobs", "Accept-Encoding: gzip;q=0\r\n");
    assert!(!head.contains("content-encoding"), "{head}");
    let (head, _) = raw(&agent, "GET", "/v1/status/leader", "Accept-Encoding: gzip\r\n");
    assert!(!head.contains("content-encoding"), "not worth it: {head}");
    let (head, body) = raw(&agent, "GET", "/v1/job/packed-000", "Accept-Encoding: gzip\r\n");
    assert!(head.contains("content-encoding: gzip") && head.contains("content-length"), "{head}");
    let mut one = String::new();
    flate2::read::GzDecoder::new(&*body).read_to_string(&mut one).unwrap();
    assert!(one.contains("packed-000"));
}

#[test]
fn a_followed_log_is_never_compressed() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &shell_job("chatty", "batch", 1, "yes | head -c 100000"));
    let alloc = wait_allocs(&agent, "chatty", "complete", 1).remove(0);
    let path = format!("/v1/client/fs/logs/{}?task=main&type=stdout&plain=true", id(&alloc));
    let (head, _) = raw(&agent, "GET", &path, "Accept-Encoding: gzip\r\n");
    assert!(head.starts_with("http/1.1 200") && !head.contains("content-encoding"), "{head}");
}

#[test]
fn search_finds_by_beginning_and_by_part() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    register(&agent, &shell_job("needle", "service", 1, "exec sleep 1000"));
    let alloc = wait_allocs(&agent, "needle", "running", 1).remove(0);
    let search = |path: &str, body: Value| -> Value {
        let (status, text) = agent.put(path, &body).unwrap();
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    };
    let found = search("/v1/search", json!({"Prefix": &id(&alloc)[..5], "Context": "all"}));
    assert_eq!(found["Matches"]["allocs"], json!([id(&alloc)]));
    assert_eq!(found["Matches"]["jobs"], Value::Null);
    let found = search("/v1/search/fuzzy", json!({"Text": "EEDL", "Context": "all"}));
    assert_eq!(found["Matches"]["jobs"], json!([{"ID": "needle", "Scope": ["default", "needle"]}]));
    assert_eq!(found["Matches"]["allocs"][0]["Scope"][1], id(&alloc));
    let found = search("/v1/search/fuzzy", json!({"Text": "bin/sh", "Context": "jobs"}));
    assert_eq!(found["Matches"]["commands"][0]["Scope"], json!(["default", "needle", "main", "main"]));
    let (status, text) = agent.put("/v1/search/fuzzy", &json!({"Text": "x", "Context": "all"})).unwrap();
    assert_eq!((status, text.as_str()), (500, "fuzzy search query must be at least 2 characters, got 1"));
}

#[test]
fn methods_headers_and_the_root_are_as_clients_expect() {
    let root = tempdir().unwrap();
    let agent = dev_agent(&root);
    let (head, body) = raw(&agent, "HEAD", "/v1/nodes", "");
    assert!(head.starts_with("http/1.1 200") && body.is_empty(), "{head}");
    for header in ["x-nomad-index: ", "x-nomad-knownleader: true", "x-nomad-lastcontact: 0"] {
        assert!(head.contains(header), "{header}: {head}");
    }
    let (head, _) = raw(&agent, "OPTIONS", "/v1/jobs", "");
    assert!(
        head.starts_with("http/1.1 204") && head.contains("allow: get, put, post, head, options"),
        "{head}"
    );
    let (head, body) = raw(&agent, "DELETE", "/v1/jobs", "");
    assert!(head.starts_with("http/1.1 405") && body == b"Invalid method", "{head}");
    let (head, _) = raw(&agent, "GET", "/", "");
    assert!(head.starts_with("http/1.1 307") && head.contains("location: /ui/"), "{head}");
    for query in
        ["stale", "stale=true", "consistent", "stale=false", "region=global", "namespace=*", "pretty"]
    {
        let (head, _) = raw(&agent, "GET", &format!("/v1/jobs?{query}"), "");
        assert!(head.starts_with("http/1.1 200"), "{query}: {head}");
    }
    let document = agent.get("/v1/openapi.json");
    assert_eq!(document["paths"]["/v1/jobs"]["get"]["operationId"], "JobList");
}
