//! Job registrations over HTTP, each durable before it is answered.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use muster_testkit::AgentOptions;
use serde_json::json;

use crate::agent::{binary, sleeper};
use crate::{figures, limits};

const SPAN: Duration = Duration::from_secs(3);

pub fn run() {
    let root = tempfile::tempdir().unwrap();
    let server = AgentOptions::new(&binary(), root.path(), "server").server().start();
    let url = format!("{}/v1/jobs", server.address());
    for connections in [1, 64] {
        let syncs = limits::fdatasyncs_per_second();
        let count = AtomicU32::new(0);
        let started = Instant::now();
        std::thread::scope(|scope| {
            for connection in 0..connections {
                let (count, url) = (&count, &url);
                scope.spawn(move || {
                    let agent = ureq::Agent::new_with_defaults();
                    while started.elapsed() < SPAN {
                        let number = count.fetch_add(1, Ordering::Relaxed);
                        let job = sleeper(&format!("r-{connections}-{connection}-{number}"), 1);
                        agent.put(url).send(&json!({"Job": job}).to_string()).unwrap();
                    }
                });
            }
        });
        let rate = f64::from(count.load(Ordering::Relaxed)) / started.elapsed().as_secs_f64();
        figures::rate(
            &format!("registrations on {connections} connections"),
            rate,
            None,
            Some(("fdatasync", syncs)),
        );
    }
}
