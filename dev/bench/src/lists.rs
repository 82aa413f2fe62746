//! Long lists: the whole, a page, a filter, and what other requests notice of it.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use muster_api::views::JobListStub;
use muster_testkit::AgentOptions;
use serde_json::json;

use crate::agent::{binary, sleeper};
use crate::figures;

const CONNECTIONS: u32 = 64;
const PAGE: usize = 1000;

/// `MUSTER_BENCH_JOBS` asks for fewer, for a look with a debug build.
fn jobs() -> u32 {
    std::env::var("MUSTER_BENCH_JOBS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000)
}

pub fn run() {
    let root = tempfile::tempdir().unwrap();
    let server = AgentOptions::new(&binary(), root.path(), "server").server().start();
    let (base, jobs) = (server.address(), jobs());
    register(&base, jobs);

    let url = format!("{base}/v1/jobs");
    let (whole, bytes) = timed(&url);
    let stubs: Vec<JobListStub> = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(stubs.len(), jobs as usize);
    let started = Instant::now();
    let encoded = serde_json::to_vec(&stubs).unwrap();
    let in_one_go = started.elapsed();
    assert_eq!(encoded.len(), bytes.len());
    let limit = Some(("serde_json in one go", in_one_go));
    println!("{jobs} jobs, {:.1} MB", bytes.len() as f64 / 1e6);
    drop((stubs, encoded));

    let goal = Some(Duration::from_millis(500));
    figures::time("list of all jobs", whole, goal, limit);
    figures::time("the same with gzip", timed_with(&url, Some("gzip")).0, None, limit);
    let page = timed(&format!("{url}?per_page={PAGE}&next_token=default.j-0")).0;
    figures::time(&format!("a page of {PAGE}"), page, None, limit);
    let quick = timed(&format!("{url}?filter=Status%20%3D%3D%20lost")).0;
    figures::time("a filter on the status, nothing found", quick, goal, limit);
    let deep = timed(&format!("{url}?filter=any%20TaskGroups%20as%20g%20%7B%20g.Count%20%3D%3D%207%20%7D")).0;
    figures::time("a filter on groups, nothing found", deep, None, limit);
    let quiet = longest_gap(&base, || std::thread::sleep(Duration::from_secs(1)));
    let busy = longest_gap(&base, || {
        for _ in 0..3 {
            timed(&url);
            timed(&format!("{url}?filter=Status%20%3D%3D%20lost"));
        }
    });
    figures::time(
        "longest gap between answers to others meanwhile",
        busy,
        None,
        Some(("the same at rest", quiet)),
    );
}

fn register(base: &str, jobs: u32) {
    let next = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let agent = ureq::Agent::new_with_defaults();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= jobs {
                        break;
                    }
                    let body = json!({"Job": sleeper(&format!("j-{number}"), 0)}).to_string();
                    agent.put(&format!("{base}/v1/jobs")).send(&body).unwrap();
                }
            });
        }
    });
}

fn timed(url: &str) -> (Duration, Vec<u8>) {
    timed_with(url, None)
}

fn timed_with(url: &str, encoding: Option<&str>) -> (Duration, Vec<u8>) {
    let started = Instant::now();
    let mut request = ureq::get(url);
    if let Some(encoding) = encoding {
        request = request.header("Accept-Encoding", encoding);
    }
    let mut response = request.call().unwrap();
    let bytes = response.body_mut().with_config().limit(1 << 30).read_to_vec().unwrap();
    (started.elapsed(), bytes)
}

/// Asks for something small every millisecond while `work` runs; the longest time between two answers.
fn longest_gap(base: &str, work: impl FnOnce()) -> Duration {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let ticker = scope.spawn(|| {
            let agent = ureq::Agent::new_with_defaults();
            let (mut longest, mut last) = (Duration::ZERO, Instant::now());
            while !done.load(Ordering::Relaxed) {
                agent
                    .get(&format!("{base}/v1/status/leader"))
                    .call()
                    .unwrap()
                    .body_mut()
                    .read_to_string()
                    .unwrap();
                longest = longest.max(last.elapsed());
                last = Instant::now();
                std::thread::sleep(Duration::from_millis(1));
            }
            longest
        });
        work();
        done.store(true, Ordering::Relaxed);
        ticker.join().unwrap()
    })
}
