//! Placements per second, through the real log, workers and plan queue, on nodes that exist in the state only.

use muster_model::Job;

use crate::cluster::{Cluster, block_on};
use crate::{figures, jobs, limits};

const NODES: u32 = 5000;
const ALLOCS: u32 = 10_000;
/// Each shape is measured so often; the median is printed.
const ROUNDS: usize = 3;

struct Shape {
    name: &'static str,
    goal: f64,
    jobs: fn() -> Vec<Job>,
}

const SHAPES: [Shape; 7] = [
    Shape {
        name: "jobs of one allocation",
        goal: 10_000.0,
        jobs: || (0..ALLOCS).map(|n| jobs::batch(&format!("small-{n}"), 1)).collect(),
    },
    Shape { name: "allocations of a batch job", goal: 50_000.0, jobs: || vec![jobs::batch("large", ALLOCS)] },
    Shape {
        name: "allocations of a service job",
        goal: 20_000.0,
        jobs: || vec![jobs::service("service", ALLOCS)],
    },
    Shape {
        name: "allocations with spreads and affinities",
        goal: 10_000.0,
        jobs: || vec![jobs::with_preferences(jobs::service("spread", ALLOCS))],
    },
    Shape {
        name: "allocations with dynamic and static ports",
        goal: 10_000.0,
        jobs: || of_four(jobs::with_ports),
    },
    Shape {
        name: "allocations with a device each",
        goal: 10_000.0,
        jobs: || vec![jobs::with_device(jobs::service("devices", ALLOCS))],
    },
    Shape {
        name: "with ports, spreads and affinities",
        goal: 10_000.0,
        jobs: || of_four(|job, number| jobs::with_preferences(jobs::with_ports(job, number))),
    },
];

/// A static port is there once a node, so one job alone would only fit twice.
fn of_four(shape: fn(Job, u16) -> Job) -> Vec<Job> {
    (0..4).map(|n| shape(jobs::service(&format!("service-{n}"), ALLOCS / 4), n)).collect()
}

pub fn run() {
    println!("{ALLOCS} allocations on {NODES} nodes each; median of {ROUNDS}");
    let syncs = limits::fdatasyncs_per_second();
    for shape in &SHAPES {
        block_on(measure(shape, syncs));
    }
}

async fn measure(shape: &Shape, syncs: f64) {
    let (mut times, mut cpu) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let cluster = Cluster::start((0..NODES).map(jobs::node)).await;
        let taken = cluster.place((shape.jobs)()).await;
        cluster.check();
        times.push(taken.time);
        cpu.push(taken.cpu);
        cluster.shutdown().await;
    }
    let rate = f64::from(ALLOCS) / figures::median(&mut times).as_secs_f64();
    figures::rate(shape.name, rate, Some(shape.goal), Some(("fdatasync", syncs)));
    println!("  CPU: {:.1} us each", figures::median(&mut cpu).as_secs_f64() * 1e6 / f64::from(ALLOCS));
}
