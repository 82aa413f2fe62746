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

pub fn run() {
    let jobs = std::env::var("MUSTER_BENCH_C1M_JOBS").ok().and_then(|text| text.parse().ok()).unwrap_or(1000);
    let allocs = f64::from(jobs * COUNT);
    let syncs = limits::fdatasyncs_per_second();
    println!("{jobs} service jobs of {COUNT} on {NODES} nodes; append + fdatasync {syncs:.0}/s");
    let goal = GOAL.mul_f64(allocs / 1e6);
    let few = block_on(measure(jobs, NODES, Some(goal)));
    let many = block_on(measure(jobs, 2 * NODES, None));
    let ratio = |of: fn(&Taken) -> Duration| of(&many).as_secs_f64() / of(&few).as_secs_f64();
    println!(
        "twice as many nodes: {:.2} x the time (goal {GOAL_RATIO} x), {:.2} x the CPU time",
        ratio(|taken| taken.time),
        ratio(|taken| taken.cpu),
    );
}

/// What placing took; everything is printed as soon as it is known.
async fn measure(jobs: u32, nodes: u32, goal: Option<Duration>) -> Taken {
    let cluster = Cluster::start((0..nodes).map(jobs::node)).await;
    let wanted = (0..jobs).map(|n| jobs::service(&format!("c1m-{n}"), COUNT)).collect();
    let (before, first) = (memory::resident_bytes(), entries(&cluster.snapshot()));
    let allocs = f64::from(jobs * COUNT);
    let per_alloc = || memory::resident_bytes().saturating_sub(before) as f64 / allocs;
    let placing = cluster.place(wanted).await;
    let bytes = per_alloc();
    figures::time(&format!("{nodes} nodes: first registration to last placement"), placing.time, goal, None);
    println!(
        "  {:.0}/s; CPU {:.1} s, {:.1} us an allocation; {} entries in the log",
        allocs / placing.time.as_secs_f64(),
        placing.cpu.as_secs_f64(),
        placing.cpu.as_secs_f64() * 1e6 / allocs,
        entries(&cluster.snapshot()) - first,
    );
    if goal.is_some() {
        println!(
            "  bytes per allocation, of the whole process: {bytes:.0} (goal {GOAL_BYTES:.0}: {:.2} x)",
            bytes / GOAL_BYTES
        );
    }
    cluster.check();
    assert_eq!(placed(&cluster.snapshot()), jobs * COUNT);
    let running = cluster.run_all().await;
    figures::time("  then until all are reported running", running.time, None, None);
    let cpu = running.cpu.as_secs_f64();
    println!("  CPU {cpu:.1} s; {:.0} bytes per allocation with the tasks' states and events", per_alloc());
    cluster.check();
    println!("  no node, device or port over-committed, before and after: every invariant holds");
    cluster.shutdown().await;
    placing
}
