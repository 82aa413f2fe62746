//! A million allocations: 1,000 service jobs of 1,000 each, through the whole durable path of one server, on nodes that
//! exist in the state only.
//!
//! `MUSTER_BENCH_C1M_JOBS` asks for fewer jobs, for a quick look.

use std::time::Duration;

use crate::cluster::{Cluster, Taken, block_on, entries, placed};
use crate::{figures, jobs, limits, memory};

const COUNT: u32 = 1000;
const NODES: u32 = 5000;
/// For the goal's whole million; fewer jobs have as much less time.
const GOAL: Duration = Duration::from_secs(20);
const GOAL_RATIO: f64 = 1.3;
const GOAL_BYTES: f64 = 600.0;

struct Round {
    placing: Taken,
    running: Taken,
    bytes_placed: f64,
    bytes_running: f64,
    entries: u64,
}

pub fn run() {
    let jobs = std::env::var("MUSTER_BENCH_C1M_JOBS").ok().and_then(|text| text.parse().ok()).unwrap_or(1000);
    let allocs = f64::from(jobs * COUNT);
    let syncs = limits::fdatasyncs_per_second();
    println!("{jobs} service jobs of {COUNT} on {NODES} nodes; append + fdatasync {syncs:.0}/s");
    let few = block_on(measure(jobs, NODES));
    let goal = GOAL.mul_f64(allocs / 1e6);
    figures::time("first registration to last placement", few.placing.time, Some(goal), None);
    println!(
        "  {:.0}/s; CPU {:.1} s, {:.1} us an allocation; {} entries in the log",
        allocs / few.placing.time.as_secs_f64(),
        few.placing.cpu.as_secs_f64(),
        few.placing.cpu.as_secs_f64() * 1e6 / allocs,
        few.entries,
    );
    println!(
        "bytes per allocation, of the whole process: {:.0} (goal {GOAL_BYTES:.0}: {:.2} x)",
        few.bytes_placed,
        few.bytes_placed / GOAL_BYTES
    );
    figures::time("then until all are reported running and healthy", few.running.time, None, None);
    println!(
        "  CPU {:.1} s; {:.0} bytes per allocation with the tasks' states and events",
        few.running.cpu.as_secs_f64(),
        few.bytes_running
    );
    let many = block_on(measure(jobs, 2 * NODES));
    println!(
        "the same on {} nodes: {:.1} s, {:.2} x (goal {GOAL_RATIO} x); CPU {:.1} s, {:.2} x; running after {:.1} s more",
        2 * NODES,
        many.placing.time.as_secs_f64(),
        many.placing.time.as_secs_f64() / few.placing.time.as_secs_f64(),
        many.placing.cpu.as_secs_f64(),
        many.placing.cpu.as_secs_f64() / few.placing.cpu.as_secs_f64(),
        many.running.time.as_secs_f64(),
    );
}

async fn measure(jobs: u32, nodes: u32) -> Round {
    let cluster = Cluster::start((0..nodes).map(jobs::node)).await;
    let wanted = (0..jobs).map(|n| jobs::service(&format!("c1m-{n}"), COUNT)).collect();
    let (before, first) = (memory::resident_bytes(), entries(&cluster.snapshot()));
    let per_alloc = || memory::resident_bytes().saturating_sub(before) as f64 / f64::from(jobs * COUNT);
    let placing = cluster.place(wanted).await;
    let entries = entries(&cluster.snapshot()) - first;
    let bytes_placed = per_alloc();
    cluster.check();
    let running = cluster.run_all().await;
    let bytes_running = per_alloc();
    cluster.check();
    assert_eq!(placed(&cluster.snapshot()), jobs * COUNT);
    println!("  no node, device or port over-committed, before and after: every invariant holds");
    cluster.shutdown().await;
    Round { placing, running, bytes_placed, bytes_running, entries }
}
